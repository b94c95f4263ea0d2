package org.lfedge.eve.tasks.core.config;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address. It is read from a literal alone: no name is ever resolved for it.
 *
 * @param bits 32 for IPv4, 128 for IPv6
 * @param value the address as a number, below 2^bits
 */
public record IpAddress(int bits, BigInteger value) {

  private static final int V4_BITS = 32;
  private static final int V6_BITS = 128;
  private static final int GROUPS = 8;

  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern V4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
  private static final Pattern GROUP = Pattern.compile("[0-9A-Fa-f]{1,4}");

  /** The longest literal: eight groups of four digits, or six of them and an IPv4 address. */
  private static final int MAX_LENGTH = 45;

  /** Refuses a value that has more bits. */
  public IpAddress {
    if ((bits != V4_BITS && bits != V6_BITS) || value.signum() < 0 || value.bitLength() > bits) {
      throw new IllegalArgumentException("not an address of " + bits + " bits: " + value);
    }
  }

  /**
   * Reads {@code 10.1.0.5} or {@code 2001:db8::5}; octets have no leading zeros, which some
   * programs take for octal. Scopes ({@code fe80::1%eth0}) are not part of an address.
   *
   * @return empty if the text is no address
   */
  public static Optional<IpAddress> parse(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    if (V4.matcher(text).matches()) {
      return Optional.of(new IpAddress(V4_BITS, v4(text)));
    }
    return text.indexOf(':') >= 0 ? v6(text) : Optional.empty();
  }

  private static BigInteger v4(String text) {
    BigInteger value = BigInteger.ZERO;
    for (String octet : text.split("\\.", -1)) {
      value = value.shiftLeft(8).or(new BigInteger(octet));
    }
    return value;
  }

  private static Optional<IpAddress> v6(String text) {
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text, true).filter(all -> all.size() == GROUPS).map(IpAddress::ofGroups);
    }
    Optional<List<BigInteger>> before = groups(text.substring(0, gap), false);
    Optional<List<BigInteger>> after = groups(text.substring(gap + 2), true);
    if (before.isEmpty() || after.isEmpty()) {
      return Optional.empty();
    }
    int missing = GROUPS - before.get().size() - after.get().size();
    if (missing < 1) {
      return Optional.empty();
    }
    List<BigInteger> all = new ArrayList<>(before.get());
    for (int i = 0; i < missing; i++) {
      all.add(BigInteger.ZERO);
    }
    all.addAll(after.get());
    return Optional.of(ofGroups(all));
  }

  /**
   * Groups of 16 bits, joined by colons; none in an empty text.
   *
   * @param last whether the address ends with them, in which case the last may be an IPv4 address
   */
  private static Optional<List<BigInteger>> groups(String text, boolean last) {
    List<BigInteger> groups = new ArrayList<>();
    if (text.isEmpty()) {
      return Optional.of(groups);
    }
    String[] parts = text.split(":", -1);
    for (int i = 0; i < parts.length; i++) {
      if (GROUP.matcher(parts[i]).matches()) {
        groups.add(new BigInteger(parts[i], 16));
      } else if (last && i == parts.length - 1 && V4.matcher(parts[i]).matches()) {
        BigInteger tail = v4(parts[i]);
        groups.add(tail.shiftRight(16));
        groups.add(tail.and(BigInteger.valueOf(0xffff)));
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(groups);
  }

  private static IpAddress ofGroups(List<BigInteger> groups) {
    BigInteger value = BigInteger.ZERO;
    for (BigInteger group : groups) {
      value = value.shiftLeft(16).or(group);
    }
    return new IpAddress(V6_BITS, value);
  }

  /** Whether it is of IPv6. */
  public boolean isV6() {
    return bits == V6_BITS;
  }

  /** Whether it stands for every address of its kind: {@code 0.0.0.0} or {@code ::}. */
  public boolean isUnspecified() {
    return value.signum() == 0;
  }

  /** Whether it is one of a node with itself. */
  public boolean isLoopback() {
    return isV6() ? value.equals(BigInteger.ONE) : value.shiftRight(24).intValue() == 127;
  }

  /** Whether it is one of a group of nodes. */
  public boolean isMulticast() {
    return isV6()
        ? value.shiftRight(120).intValue() == 0xff
        : value.shiftRight(28).intValue() == 14;
  }

  /** The canonical literal, in small letters and, for IPv6, shortened as RFC 5952 says. */
  @Override
  public String toString() {
    return isV6() ? v6Text() : v4Text();
  }

  private String v4Text() {
    int number = value.intValue();
    return (number >>> 24)
        + "."
        + (number >>> 16 & 0xff)
        + "."
        + (number >>> 8 & 0xff)
        + "."
        + (number & 0xff);
  }

  private String v6Text() {
    List<String> groups = new ArrayList<>();
    for (int i = GROUPS - 1; i >= 0; i--) {
      groups.add(Integer.toHexString(value.shiftRight(16 * i).intValue() & 0xffff));
    }
    int start = 0;
    int longest = 1; // a single group of zeros is not left out
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && groups.get(end).equals("0")) {
        end++;
      }
      if (end - i > longest) {
        longest = end - i;
        start = i;
      }
    }
    if (longest == 1) {
      return String.join(":", groups);
    }
    return String.join(":", groups.subList(0, start))
        + "::"
        + String.join(":", groups.subList(start + longest, GROUPS));
  }
}
