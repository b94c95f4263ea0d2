package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class CidrPropertiesTest {

  @Provide
  Arbitrary<Cidr> cidrs() {
    return NetworkArbitraries.cidrs();
  }

  private static Cidr cidr(String text) {
    return Cidr.parse(text).orElseThrow();
  }

  @Property
  void theTextReadAgainIsTheSame(@ForAll("cidrs") Cidr cidr) {
    assertEquals(Optional.of(cidr), Cidr.parse(cidr.toString()));
    assertEquals(Optional.of(cidr.address()), Cidr.parseAddress(Cidr.text(cidr.address())));
  }

  @Property
  void aSubnetHoldsWhatLiesBetweenItsEnds(@ForAll("cidrs") Cidr cidr) {
    for (InetAddress one : List.of(cidr.address(), cidr.first(), cidr.last())) {
      assertTrue(cidr.contains(one), Cidr.text(one));
    }
    assertEquals(cidr.subnet(), cidr.subnet().subnet());
    assertEquals(cidr.first(), cidr.subnet().address());
    BigInteger size =
        new BigInteger(1, cidr.last().getAddress())
            .subtract(new BigInteger(1, cidr.first().getAddress()))
            .add(BigInteger.ONE);
    assertEquals(size, cidr.capacity().add(BigInteger.valueOf(cidr.isIpv4() ? 3 : 2)));
  }

  @Property
  void subnetsOverlapIfOneHoldsTheOthersFirst(
      @ForAll("cidrs") Cidr one, @ForAll("cidrs") Cidr two) {
    assertEquals(one.contains(two.first()) || two.contains(one.first()), one.overlaps(two));
    assertEquals(one.overlaps(two), two.overlaps(one));
    assertTrue(one.overlaps(one));
  }

  @Property
  void onlyLiteralsAreAddresses(@ForAll String text) {
    Cidr.parseAddress(text).ifPresent(address -> assertTrue(text.matches("[0-9A-Fa-f:.]+")));
  }

  @Test
  void whatIsNoAddressIsNotRead() {
    for (String text :
        List.of(
            "localhost",
            "example.org",
            "1.2.3",
            "1.2.3.04",
            "256.1.1.1",
            "1.2.3.4.5",
            "",
            "fe80::1%eth0",
            "::ffff:1.2.3.4",
            ":::",
            "1::2::3",
            "12345::",
            "[::1]",
            " 1.2.3.4")) {
      assertEquals(Optional.empty(), Cidr.parseAddress(text), text);
      assertEquals(Optional.empty(), Cidr.parse(text + "/8"), text);
    }
    for (String text : List.of("1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/08", "::/129", "/8")) {
      assertEquals(Optional.empty(), Cidr.parse(text), text);
    }
  }

  @Test
  void addressesAreWrittenAsTheKernelsToolsDo() {
    assertEquals("fd00:77::1/64", cidr("FD00:0077:0:0:0:0:0:1/64").toString());
    assertEquals("::/0", cidr("0::0/0").toString());
    assertEquals("1:0:0:2::3/128", cidr("1:0:0:2:0:0:0:3/128").toString());
    assertEquals("1:2:3:4:5:6:0:8/128", cidr("1:2:3:4:5:6:0:8/128").toString());
    assertEquals("10.1.0.1", Cidr.text(cidr("10.1.0.77/24").gateway()));
    assertEquals("10.1.0.255", Cidr.text(cidr("10.1.0.77/24").last()));
    assertEquals(BigInteger.ONE, cidr("10.1.0.0/30").capacity());
    assertFalse(cidr("0.0.0.0/0").contains(cidr("::1/128").address()));
  }
}
