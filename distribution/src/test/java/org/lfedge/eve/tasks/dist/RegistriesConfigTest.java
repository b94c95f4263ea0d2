package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;

class RegistriesConfigTest {

  private final List<Problem> problems = new ArrayList<>();

  private RegistryConfig read(String text) throws IOException {
    ConfigSection root = new ConfigSection(new YAMLMapper().readTree(text), problems);
    RegistryConfig config = RegistriesConfig.read(root.section("registries"));
    root.refuseOtherKeys();
    return config;
  }

  private List<String> problems(String text) throws IOException {
    problems.clear();
    read(text);
    return problems.stream().map(problem -> problem.code() + " " + problem.path()).toList();
  }

  @Test
  void withoutAnyKeyDockersConfigHolds() throws IOException {
    assertEquals(RegistryConfig.DEFAULT, read("{}"));
    assertEquals(List.of(), problems);
  }

  @Test
  void everyKeyIsRead() throws IOException {
    RegistryConfig config =
        read(
            """
            registries:
              dockerConfig: /d/config.json
              proxy: {http: "http://u:p@proxy:3128", https: "proxy:3129", noProxy: [a, .b]}
              hosts:
                "registry.local:5000":
                  mirrors: ["mirror.local:5000"]
                  ca: /c/ca.pem
                  clientCertificate: /c/client.pem
                  clientKey: /c/client.key
                  username: edge
                  passwordFile: /c/password
                mirror.local:5000: {plainHttp: true}
                docker.io: {credentialHelper: ecr-login}
            """);
    assertEquals(List.of(), problems);
    RegistryConfig.Host registry =
        new RegistryConfig.Host(
            false,
            List.of("mirror.local:5000"),
            Optional.of(Path.of("/c/ca.pem")),
            Optional.of(Path.of("/c/client.pem")),
            Optional.of(Path.of("/c/client.key")),
            Optional.of("edge"),
            Optional.of(Path.of("/c/password")),
            Optional.empty());
    assertEquals(registry, config.hosts().get("registry.local:5000"));
    assertEquals(
        new TreeMap<>(
            Map.of("registry.local:5000", false, "mirror.local:5000", true, "docker.io", false)),
        config.hosts().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, e -> e.getValue().plainHttp(), (a, b) -> a, TreeMap::new)));
    assertEquals(Path.of("/d/config.json"), config.dockerConfig());
    assertEquals(
        new RegistryConfig.Proxy(
            Optional.of("http://u:p@proxy:3128"),
            Optional.of("proxy:3129"),
            Optional.of(List.of("a", ".b"))),
        config.proxy());
    assertTrue(!config.toString().contains("u:p"), config::toString);
  }

  @Test
  void allThatIsWrongIsToldAtOnce() throws IOException {
    assertEquals(
        List.of(
            "WRONG_TYPE registries.hosts.c",
            "WRONG_VALUE registries.hosts.a.mirrors[0]",
            "WRONG_VALUE registries.hosts.a.clientCertificate",
            "WRONG_VALUE registries.hosts.a.clientCertificate",
            "WRONG_VALUE registries.hosts.a.credentialHelper",
            "UNKNOWN_KEY registries.hosts.a.mirror",
            "WRONG_VALUE registries.hosts.a/b",
            "WRONG_VALUE registries.hosts.d.mirrors",
            "WRONG_VALUE registries.hosts.d.passwordFile",
            "WRONG_VALUE registries.hosts.registry-1.docker.io",
            "WRONG_VALUE registries.dockerConfig",
            "WRONG_VALUE registries.proxy.https",
            "UNKNOWN_KEY registries.proxy.no",
            "UNKNOWN_KEY registries.host"),
        problems(
            """
            registries:
              dockerConfig: relative
              proxy: {https: "socks5://u:hunter@h:1", no: []}
              host: {}
              hosts:
                a:
                  plainHttp: true
                  mirrors: ["http://b"]
                  mirror: x
                  clientCertificate: /c
                  credentialHelper: ../x
                a/b: {}
                c: true
                d: {mirrors: [d], passwordFile: /p}
                registry-1.docker.io: {}
            """));
    assertTrue(problems.stream().noneMatch(p -> p.toString().contains("hunter")));
  }

  /** What the shipped config shows as an example is one. */
  @Test
  void theExampleOfTheShippedConfigIsRight() throws IOException {
    String shipped = Files.readString(Path.of("src/packaging/conf/taskd.yaml"));
    String example =
        shipped
            .lines()
            .dropWhile(line -> !line.equals("# registries:"))
            .takeWhile(line -> line.startsWith("#"))
            .map(line -> line.substring(Math.min(2, line.length())))
            .collect(Collectors.joining("\n"));
    RegistryConfig config = read(example);
    assertEquals(List.of(), problems);
    assertEquals(2, config.hosts().size());
  }
}
