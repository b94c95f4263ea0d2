package org.lfedge.eve.tasks.core.config;

import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An address and how many of its first bits name its network, as {@code 10.1.0.5/24}; with no other
 * bits set it is the network itself, {@code 10.1.0.0/24}.
 *
 * @param length 0 to the bits of the address
 */
public record IpPrefix(IpAddress address, int length) {

  private static final Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,2}");

  /** Refuses a length that the address does not have. */
  public IpPrefix {
    if (length < 0 || length > address.bits()) {
      throw new IllegalArgumentException("not a prefix of " + address + ": " + length);
    }
  }

  /** Reads a literal with its length; empty if the text is none. */
  public static Optional<IpPrefix> parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !LENGTH.matcher(text.substring(slash + 1)).matches()) {
      return Optional.empty();
    }
    int length = Integer.parseInt(text.substring(slash + 1));
    return IpAddress.parse(text.substring(0, slash))
        .filter(address -> length <= address.bits())
        .map(address -> new IpPrefix(address, length));
  }

  /** The network that the address is in. */
  public IpPrefix network() {
    int hostBits = address.bits() - length;
    BigInteger network = address.value().shiftRight(hostBits).shiftLeft(hostBits);
    return new IpPrefix(new IpAddress(address.bits(), network), length);
  }

  /** Whether an address is in the network. */
  public boolean contains(IpAddress other) {
    return other.bits() == address.bits()
        && new IpPrefix(other, length).network().equals(network());
  }

  /** The canonical literal. */
  @Override
  public String toString() {
    return address + "/" + length;
  }
}
