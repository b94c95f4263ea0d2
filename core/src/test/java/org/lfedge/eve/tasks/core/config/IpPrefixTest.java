package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {

  @Provide
  Arbitrary<IpAddress> addresses() {
    Arbitrary<IpAddress> v4 =
        Arbitraries.longs()
            .between(0, 0xffffffffL)
            .map(value -> new IpAddress(32, BigInteger.valueOf(value)));
    Arbitrary<IpAddress> v6 =
        Arbitraries.of(0, 0, 0, 1, 0xdb8, 0xffff)
            .list()
            .ofSize(8)
            .map(
                groups ->
                    new IpAddress(
                        128,
                        groups.stream()
                            .map(BigInteger::valueOf)
                            .reduce(BigInteger.ZERO, (a, b) -> a.shiftLeft(16).or(b))));
    return Arbitraries.oneOf(v4, v6);
  }

  @Property
  void theCanonicalTextReadAgainIsTheSameAddress(@ForAll("addresses") IpAddress address) {
    assertEquals(Optional.of(address), IpAddress.parse(address.toString()));
  }

  /** The JDK reads more, and asks the network for the rest; what both read is the same. */
  @Property
  void theJdkReadsTheSame(@ForAll("addresses") IpAddress address) throws UnknownHostException {
    InetAddress read = InetAddress.getByName(address.toString());
    boolean mapped = address.isV6() && !(read instanceof Inet6Address);
    assertEquals(
        mapped ? address.value().and(BigInteger.valueOf(0xffffffffL)) : address.value(),
        new BigInteger(1, read.getAddress()));
    if (!mapped) {
      assertEquals(read.isMulticastAddress(), address.isMulticast());
      assertEquals(read.isLoopbackAddress(), address.isLoopback());
      assertEquals(read.isAnyLocalAddress(), address.isUnspecified());
    }
  }

  @Provide
  Arbitrary<String> soup() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("0123456789abF:./%[]x").ofMaxLength(20),
        Arbitraries.of(":", "::", "0", "1.2.3.4", "ffff", "/", "24", ".")
            .list()
            .ofMaxSize(12)
            .map(parts -> String.join("", parts)));
  }

  @Property
  void anyTextIsAnAddressOrNot(@ForAll("soup") String text) {
    IpAddress.parse(text)
        .ifPresent(
            address -> assertEquals(Optional.of(address), IpAddress.parse("" + address), text));
    IpPrefix.parse(text)
        .ifPresent(prefix -> assertEquals(Optional.of(prefix), IpPrefix.parse("" + prefix), text));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0.0.0.0",
    "255.255.255.255, 255.255.255.255",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "2001:0DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3",
    "::ffff:10.1.0.5, ::ffff:a01:5",
    "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304"
  })
  void addressesHaveOneSpelling(String text, String canonical) {
    assertEquals(canonical, IpAddress.parse(text).orElseThrow().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.+4",
        "0x1.2.3.4",
        "1.2.3.4 ",
        "localhost",
        "example.com",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "g::",
        "fe80::1%eth0",
        "[::1]",
        "::1.2.3.4.5",
        "1.2.3.4::",
        "1:2:3:4:5:6:7::8",
        "1:2:3:4:5:6:7:1.2.3.4",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "10.1",
        "167772165"
      })
  void whatIsNoLiteralIsNoAddress(String text) {
    assertEquals(Optional.empty(), IpAddress.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "/8",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0"
      })
  void aPrefixHasALength(String text) {
    assertEquals(Optional.empty(), IpPrefix.parse(text));
  }

  @Example
  void aNetworkContainsTheAddressesThatBeginLikeIt() {
    IpPrefix prefix = IpPrefix.parse("10.1.0.5/24").orElseThrow();
    assertEquals("10.1.0.0/24", prefix.network().toString());
    assertTrue(prefix.contains(IpAddress.parse("10.1.0.255").orElseThrow()));
    assertFalse(prefix.contains(IpAddress.parse("10.1.1.0").orElseThrow()));
    IpPrefix all = IpPrefix.parse("0.0.0.0/0").orElseThrow();
    assertTrue(all.contains(IpAddress.parse("203.0.113.7").orElseThrow()));
    assertFalse(all.contains(IpAddress.parse("::1").orElseThrow()));
    assertEquals("2001:db8::/32", IpPrefix.parse("2001:db8::5/32").orElseThrow().network() + "");
    assertThrows(IllegalArgumentException.class, () -> new IpPrefix(prefix.address(), 33));
    assertThrows(
        IllegalArgumentException.class, () -> new IpAddress(32, BigInteger.ONE.shiftLeft(32)));
  }
}
