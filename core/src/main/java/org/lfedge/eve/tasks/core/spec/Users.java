package org.lfedge.eve.tasks.core.spec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Whom a user stands for in a root file system, by the rules of docker: {@code name}, {@code uid},
 * {@code name:group}, {@code uid:gid} and any mixture. A number is always an id, also where an
 * account has that number for a name. A uid without an account has gid 0. Without an explicit group
 * the user is in all groups that list the account's name; with one, in that group alone.
 *
 * <p>The primary group is always among the additional ones: the kernel would otherwise let a
 * process pass that a file's group permissions are meant to keep out (CVE-2023-25173).
 */
public final class Users {

  /** A line of passwd, as far as it matters here. */
  private record Account(String name, int uid, int gid) {}

  /** A line of group. */
  private record Group(String name, int gid, List<String> members) {

    Group {
      members = List.copyOf(members);
    }
  }

  private Users() {}

  /**
   * Resolves a user. Lines of the files that do not follow their format are skipped; of several
   * that match, the first counts.
   *
   * @param user as an image config or a task document gives it; empty for uid 0
   * @throws TaskException {@code USER_NOT_FOUND} or {@code GROUP_NOT_FOUND}, for a name that is not
   *     there and for a number beyond 2^31 - 1
   */
  public static User resolve(String user, AccountFiles files) {
    int colon = user.indexOf(':');
    String userPart = colon < 0 ? user : user.substring(0, colon);
    String groupPart = colon < 0 ? "" : user.substring(colon + 1);

    OptionalInt number = userPart.isEmpty() ? OptionalInt.of(0) : number(userPart);
    Predicate<Account> matches =
        number.isPresent()
            ? account -> account.uid() == number.getAsInt()
            : account -> account.name().equals(userPart);
    Optional<Account> account = accounts(files.passwd()).stream().filter(matches).findFirst();
    if (account.isEmpty() && number.isEmpty()) {
      throw notFound("USER_NOT_FOUND", user, "user '" + userPart + "'", "/etc/passwd");
    }
    int uid = account.map(Account::uid).orElseGet(number::getAsInt);
    List<Group> groups = groups(files.group());
    if (!groupPart.isEmpty()) {
      int gid = group(groupPart, groups, user);
      return new User(uid, gid, List.of(gid));
    }
    int gid = account.map(Account::gid).orElse(0);
    List<Integer> additional = new ArrayList<>(List.of(gid));
    account.ifPresent(
        found ->
            groups.stream()
                .filter(group -> group.members().contains(found.name()))
                .forEach(group -> additional.add(group.gid())));
    return new User(uid, gid, additional);
  }

  private static int group(String text, List<Group> groups, String user) {
    OptionalInt number = number(text);
    if (number.isPresent()) {
      return number.getAsInt();
    }
    return groups.stream()
        .filter(group -> group.name().equals(text))
        .findFirst()
        .orElseThrow(() -> notFound("GROUP_NOT_FOUND", user, "group '" + text + "'", "/etc/group"))
        .gid();
  }

  private static List<Account> accounts(String passwd) {
    List<Account> accounts = new ArrayList<>();
    for (String[] fields : lines(passwd)) {
      if (fields.length >= 4) {
        OptionalInt uid = number(fields[2]);
        OptionalInt gid = number(fields[3]);
        if (uid.isPresent() && gid.isPresent()) {
          accounts.add(new Account(fields[0], uid.getAsInt(), gid.getAsInt()));
        }
      }
    }
    return accounts;
  }

  private static List<Group> groups(String group) {
    List<Group> groups = new ArrayList<>();
    for (String[] fields : lines(group)) {
      if (fields.length >= 3) {
        OptionalInt gid = number(fields[2]);
        if (gid.isPresent()) {
          List<String> members =
              fields.length > 3
                  ? Arrays.stream(fields[3].split(",")).map(String::strip).toList()
                  : List.of();
          groups.add(new Group(fields[0], gid.getAsInt(), members));
        }
      }
    }
    return groups;
  }

  /** The fields of each line that has a name. */
  private static List<String[]> lines(String file) {
    return file.lines()
        .map(String::strip)
        .filter(line -> !line.startsWith("#") && line.indexOf(':') > 0)
        .map(line -> line.split(":", -1))
        .toList();
  }

  private static OptionalInt number(String text) {
    if (!text.chars().allMatch(c -> c >= '0' && c <= '9') || text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  private static TaskException notFound(String code, String user, String what, String file) {
    return TaskException.failed(
        Problem.inDocument(
            code,
            "user",
            user,
            "there is no "
                + what
                + " in the root's "
                + file
                + "; use one that is there, or a number from 0 to 2147483647"));
  }
}
