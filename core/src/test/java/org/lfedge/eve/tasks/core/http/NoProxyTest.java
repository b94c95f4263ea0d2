package org.lfedge.eve.tasks.core.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoProxyTest {

  @ParameterizedTest
  @CsvSource({
    "example.com, https://example.com/, true",
    "example.com, https://EXAMPLE.com/, true",
    "EXAMPLE.com, https://a.example.com/, true",
    "example.com, https://badexample.com/, false",
    ".example.com, https://example.com/, false",
    ".example.com, https://a.b.example.com/, true",
    "*.example.com, https://a.example.com/, true",
    "*.example.com, https://example.com/, false",
    "*, https://example.com/, true",
    "'', https://example.com/, false",
    "example.com:5000, https://example.com:5000/, true",
    "example.com:5000, https://example.com/, false",
    "example.com:443, https://example.com/, true",
    "example.com:80, http://example.com/, true",
    "10.1.2.3, https://10.1.2.3:5000/, true",
    "10.1.2.3, https://10.1.2.4/, false",
    "10.1.2.3:5000, https://10.1.2.3:5000/, true",
    "10.1.2.3:5000, https://10.1.2.3/, false",
    "10.0.0.0/8, https://10.9.9.9/, true",
    "10.0.0.0/8, https://11.0.0.1/, false",
    "10.0.0.0/8, https://ten.example/, false",
    "10.0.0.0/33, https://10.0.0.0/, false",
    "10.0.0.0/x, https://10.0.0.0/, false",
    "0.0.0.0/0, https://10.0.0.0/, true",
    "192.168.1.128/25, https://192.168.1.200/, true",
    "192.168.1.128/25, https://192.168.1.100/, false",
    "fd00::/8, https://[fd12::1]:5000/, true",
    "fd00::/8, https://10.0.0.1/, false",
    "fd12::1, https://[fd12:0::1]/, true",
    "[fd12::1]:5000, https://[fd12::1]:5000/, true",
    "[fd12::1]:5000, https://[fd12::1]/, false",
    "3, https://10.0.0.3/, false",
    "'', https://localhost:5000/, true",
    "'', https://registry.localhost/, true",
    "'', https://127.8.8.8/, true",
    "'', https://[::1]:5000/, true",
    "' example.org , example.com ', https://example.com/, true",
  })
  void aHostIsReachedDirectlyIfTheListCoversIt(String list, URI uri, boolean covered) {
    assertEquals(covered, new NoProxy(List.of(list.split(","))).covers(uri));
  }
}
