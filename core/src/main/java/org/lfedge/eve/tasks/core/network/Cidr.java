package org.lfedge.eve.tasks.core.network;

import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.IpAddress;
import org.lfedge.eve.tasks.core.config.IpPrefix;

/**
 * An IP address with the length of a prefix: an address in its subnet, or a range of addresses.
 * Only literals are read; no name is ever resolved.
 *
 * @param address of IPv4 or IPv6
 * @param prefix in bits, at most 32 or 128
 */
public record Cidr(InetAddress address, int prefix) {

  /**
   * Checks the length of the prefix.
   *
   * @throws IllegalArgumentException if it is longer than the address
   */
  public Cidr {
    if (prefix < 0 || prefix > bits(address)) {
      throw new IllegalArgumentException(
          "the prefix of " + text(address) + " has " + bits(address) + " bits at most: " + prefix);
    }
  }

  /** Reads such as {@code 10.1.0.5/24} or {@code fd00::/64}; empty if it is anything else. */
  public static Optional<Cidr> parse(String text) {
    return IpPrefix.parse(text)
        .flatMap(
            prefix ->
                attachable(prefix.address()).map(address -> new Cidr(address, prefix.length())));
  }

  /** Reads an address without a prefix; empty if it is anything else. */
  public static Optional<InetAddress> parseAddress(String text) {
    return IpAddress.parse(text).flatMap(Cidr::attachable);
  }

  /** An IPv4 address in the form of IPv6 is one that nothing can be attached with. */
  private static Optional<InetAddress> attachable(IpAddress literal) {
    InetAddress address = address(literal.value(), literal.bits());
    return bits(address) == literal.bits() ? Optional.of(address) : Optional.empty();
  }

  /** Whether it is of IPv4. */
  public boolean isIpv4() {
    return address instanceof Inet4Address;
  }

  /** The whole subnet that this address lies in. */
  public Cidr subnet() {
    return new Cidr(first(), prefix);
  }

  /** The lowest address of the subnet. */
  public InetAddress first() {
    return address(number(address).andNot(hostMask()));
  }

  /** The highest address of the subnet; that for broadcasts, in IPv4. */
  public InetAddress last() {
    return address(number(address).or(hostMask()));
  }

  /** The address next to the lowest, which gateways have here. */
  public InetAddress gateway() {
    return address(number(first()).add(BigInteger.ONE));
  }

  /** How many addresses a task may get: not the lowest, not the gateway, not the broadcast. */
  public BigInteger capacity() {
    long others = isIpv4() ? 3 : 2;
    return BigInteger.ONE.shiftLeft(hostBits()).subtract(BigInteger.valueOf(others));
  }

  /** Whether an address lies in the subnet. */
  public boolean contains(InetAddress other) {
    return bits(other) == bits(address)
        && number(other).andNot(hostMask()).equals(number(address).andNot(hostMask()));
  }

  /** Whether an address lies in both subnets. */
  public boolean overlaps(Cidr other) {
    return prefix <= other.prefix ? contains(other.address) : other.contains(address);
  }

  private int hostBits() {
    return bits(address) - prefix;
  }

  private BigInteger hostMask() {
    return BigInteger.ONE.shiftLeft(hostBits()).subtract(BigInteger.ONE);
  }

  private static int bits(InetAddress address) {
    return address instanceof Inet4Address ? Integer.SIZE : 2 * Long.SIZE;
  }

  private static BigInteger number(InetAddress address) {
    return new BigInteger(1, address.getAddress());
  }

  private InetAddress address(BigInteger number) {
    return address(number, bits(address));
  }

  private static InetAddress address(BigInteger number, int bits) {
    byte[] bytes = new byte[bits / Byte.SIZE];
    byte[] digits = number.toByteArray();
    int length = Math.min(bytes.length, digits.length);
    System.arraycopy(digits, digits.length - length, bytes, bytes.length - length, length);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }

  /** An address as the kernel's tools write it: that of IPv6 with its zeros left out. */
  public static String text(InetAddress address) {
    return new IpAddress(bits(address), number(address)).toString();
  }

  @Override
  public String toString() {
    return text(address) + "/" + prefix;
  }
}
