package org.lfedge.eve.tasks.core.network;

import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address with the length of a prefix: an address in its subnet, or a range of addresses.
 * Only literals are read; no name is ever resolved.
 *
 * @param address of IPv4 or IPv6
 * @param prefix in bits, at most 32 or 128
 */
public record Cidr(InetAddress address, int prefix) {

  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(?:\\." + BYTE + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");
  private static final Pattern PREFIX = Pattern.compile("0|[1-9][0-9]{0,2}");

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
    int slash = text.indexOf('/');
    if (slash < 0 || !PREFIX.matcher(text.substring(slash + 1)).matches()) {
      return Optional.empty();
    }
    int prefix = Integer.parseInt(text.substring(slash + 1));
    return parseAddress(text.substring(0, slash))
        .filter(address -> prefix <= bits(address))
        .map(address -> new Cidr(address, prefix));
  }

  /** Reads an address without a prefix; empty if it is anything else. */
  public static Optional<InetAddress> parseAddress(String text) {
    boolean ipv4 = IPV4.matcher(text).matches();
    if (!ipv4 && (!text.contains(":") || !IPV6.matcher(text).matches())) {
      return Optional.empty();
    }
    try {
      // In brackets it can be nothing but a literal of IPv6.
      InetAddress address = InetAddress.getByName(ipv4 ? text : "[" + text + "]");
      // An IPv4 address in the form of IPv6 is one that nothing can be attached with.
      return ipv4 == address instanceof Inet4Address ? Optional.of(address) : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
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
    byte[] bytes = new byte[address.getAddress().length];
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
    if (address instanceof Inet4Address) {
      return address.getHostAddress();
    }
    byte[] bytes = address.getAddress();
    int[] groups = new int[bytes.length / 2];
    Arrays.setAll(groups, i -> ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff));
    int start = 0;
    int length = 1;
    for (int i = 0; i < groups.length; i++) {
      int end = i;
      while (end < groups.length && groups[end] == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
    }
    if (length == 1) {
      return groups(groups, 0, groups.length);
    }
    return groups(groups, 0, start) + "::" + groups(groups, start + length, groups.length);
  }

  private static String groups(int[] groups, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
    }
    return text.toString().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return text(address) + "/" + prefix;
  }
}
