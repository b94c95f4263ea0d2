package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {

  private static final String DIGEST = "sha256:" + "ab".repeat(32);

  @ParameterizedTest
  @CsvSource({
    "web,docker.io/library/web:latest",
    "web:1.2,docker.io/library/web:1.2",
    "me/web,docker.io/me/web:latest",
    "docker.io/web,docker.io/library/web:latest",
    "index.docker.io/me/web,docker.io/me/web:latest",
    "localhost/web,localhost/web:latest",
    "localhost:5000/web:2,localhost:5000/web:2",
    "registry.example/a/b__c/d-e:T_1,registry.example/a/b__c/d-e:T_1",
    "[::1]:5000/web,[::1]:5000/web:latest",
    "web@DIGEST,docker.io/library/web@DIGEST",
    "web:1@DIGEST,docker.io/library/web:1@DIGEST",
  })
  void familiarNamesBecomeFullNames(String given, String full) {
    assertEquals(
        Optional.of(full.replace("DIGEST", DIGEST)),
        ImageName.parse(given.replace("DIGEST", DIGEST)).map(ImageName::toString));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Web",
        "a//b",
        "/a",
        "a/",
        "a b",
        "web:",
        "web:-x",
        "web@sha256:12",
        "a:b:c",
        "-a",
        "a..b",
        "web@md5:x",
        "../x",
        "a/../b",
        "web\n",
        "é"
      })
  void whatIsNoNameIsRefused(String given) {
    assertEquals(Optional.empty(), ImageName.parse(given));
  }

  @ParameterizedTest
  @CsvSource({
    "web.oci.tar,docker.io/library/web",
    "web,docker.io/library/web",
    "My Web_1.tar.gz,docker.io/library/my-web-1",
    "web-1.2.docker.tgz,docker.io/library/web-1-2",
    "web.tar.zst,docker.io/library/web",
    ".tar,docker.io/library/tar",
    "...,docker.io/library/image",
  })
  void aLayoutsNameBecomesARepository(String file, String repository) {
    assertEquals(repository, ImageName.repositoryOf(file));
  }

  @Property
  void aFullNameStandsForItself(@ForAll @StringLength(max = 40) String given) {
    ImageName.parse(given)
        .ifPresent(name -> assertEquals(Optional.of(name), ImageName.parse(name.toString())));
  }

  @Property
  void everyFileNameGivesARepository(@ForAll @StringLength(max = 80) String file) {
    String repository = ImageName.repositoryOf(file);
    assertEquals(
        Optional.of(repository + ":latest"), ImageName.parse(repository).map(ImageName::toString));
  }
}
