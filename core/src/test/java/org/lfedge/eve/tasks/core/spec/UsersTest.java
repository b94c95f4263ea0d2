package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.spi.task.User;

class UsersTest {

  private static final AccountFiles FILES =
      new AccountFiles(
          "root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/:/bin/false\n1000:x:7:7::/:\nwww:x:99:99::/:\n",
          "root:x:0:root\nadm:x:4:root,www\nwww:x:34:\nlog:x:40:other,www\n50:x:51:\n");

  @ParameterizedTest
  @CsvSource({
    "'',0,0,0 4",
    "root,0,0,0 4",
    "0,0,0,0 4",
    "www,33,34,4 34 40",
    "33,33,34,4 34 40",
    "www:adm,33,4,4",
    "www:12,33,12,12",
    "33:34,33,34,34",
    "33:root,33,0,0",
    "1000,1000,0,0",
    "2147483647:2147483647,2147483647,2147483647,2147483647",
    "5:50,5,50,50",
    "www:,33,34,4 34 40",
    ":adm,0,4,4",
  })
  void usersResolveAsDockerResolvesThem(String user, int uid, int gid, String groups) {
    List<Integer> additional = new ArrayList<>();
    for (String group : groups.split(" ", -1)) {
      additional.add(Integer.parseInt(group));
    }
    assertEquals(new User(uid, gid, additional), Users.resolve(user, FILES));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nobody", "nobody:adm", "2147483648", "-1", "www x", "+33", "٣"})
  void aUserThatIsNotThereIsRefused(String user) {
    TaskException refusal = assertThrows(TaskException.class, () -> Users.resolve(user, FILES));
    assertEquals("USER_NOT_FOUND", refusal.first().code());
    assertEquals(user, refusal.first().value());
  }

  @ParameterizedTest
  @ValueSource(strings = {"www:none", "33:none", "33:-1", "33:4294967295", "33:1:2"})
  void aGroupThatIsNotThereIsRefused(String user) {
    TaskException refusal = assertThrows(TaskException.class, () -> Users.resolve(user, FILES));
    assertEquals("GROUP_NOT_FOUND", refusal.first().code());
  }

  @Test
  void malformedLinesAreSkipped() {
    AccountFiles files =
        new AccountFiles(
            "#www:x:1:1\n\n:x:2:2\nwww\nwww:x\nwww:x:a:3\nwww:x:3\nwww:x:-1:1\n+::::::\nwww:x:5:6",
            "adm:x:\nadm:x:x:www\n\n#adm:x:8:www\n:x:9:www\nadm:x:7: www ,\r\n");
    assertEquals(new User(5, 6, List.of(6, 7)), Users.resolve("www", files));
  }

  @Test
  void withoutAccountsNumbersStillWork() {
    assertEquals(new User(0, 0, List.of(0)), Users.resolve("", AccountFiles.NONE));
    assertEquals(new User(8, 9, List.of(9)), Users.resolve("8:9", AccountFiles.NONE));
  }

  @Property
  void everyAccountResolvesToItsNumbersAndGroups(
      @ForAll @LongRange(min = 0) long seed, @ForAll @IntRange(min = 1, max = 30) int count) {
    Random random = new Random(seed);
    StringBuilder passwd = new StringBuilder();
    StringBuilder group = new StringBuilder();
    List<TreeSet<Integer>> gids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int gid = random.nextInt(1000);
      gids.add(new TreeSet<>(List.of(gid)));
      noise(random, passwd);
      passwd.append("u" + i + ":x:" + (100 + i) + ":" + gid + "::/:/bin/sh\n");
    }
    for (int g = 0; g < random.nextInt(20); g++) {
      noise(random, group);
      int gid = 2000 + g;
      List<String> members = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (random.nextInt(4) == 0) {
          members.add("u" + i);
          gids.get(i).add(gid);
        }
      }
      group.append("g" + g + ":x:" + gid + ":" + String.join(",", members) + "\n");
    }
    AccountFiles files = new AccountFiles(passwd.toString(), group.toString());
    for (int i = 0; i < count; i++) {
      User byName = Users.resolve("u" + i, files);
      assertEquals(100 + i, byName.uid());
      assertEquals(new ArrayList<>(gids.get(i)), byName.additionalGids());
      assertEquals(byName, Users.resolve(Integer.toString(100 + i), files));
    }
  }

  private static void noise(Random random, StringBuilder file) {
    List<String> lines = List.of("", "# comment\n", "\n", "broken\n", "x:y:z\n", "u0:x:n:1\n");
    file.append(lines.get(random.nextInt(lines.size())));
  }
}
