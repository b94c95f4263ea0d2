package org.lfedge.eve.tasks.core.http;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that are reached without a proxy. The forms are those that programs written in Go
 * understand, containerd and docker among them: {@code *} for all; {@code example.com} for it and
 * what is below; {@code .example.com} or {@code *.example.com} for what is below alone; an IP
 * address; a range of them such as {@code 10.0.0.0/8}; each but the range with {@code :port} if
 * only that port is meant. No name is resolved.
 *
 * @param entries in lower case
 */
record NoProxy(List<String> entries) {

  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*");
  private static final Pattern WITH_PORT = Pattern.compile("(.+):([0-9]{1,5})");
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /** Takes entries as they were written; those that are blank mean nothing. */
  NoProxy {
    entries =
        entries.stream()
            .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
            .filter(entry -> !entry.isEmpty())
            .toList();
  }

  /** Whether a URL is to be reached directly; this node itself always is. */
  boolean covers(URI uri) {
    String host = bare(uri.getHost().toLowerCase(Locale.ROOT));
    int port = uri.getPort();
    if (port < 0) {
      port = "http".equals(uri.getScheme()) ? HTTP_PORT : HTTPS_PORT;
    }
    InetAddress address = address(host);
    if ((address != null && address.isLoopbackAddress())
        || host.equals("localhost")
        || host.endsWith(".localhost")) {
      return true;
    }
    for (String entry : entries) {
      if (covers(entry, host, port, address)) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(
      String entry, String host, int port, @Nullable InetAddress address) {
    if (entry.equals("*")) {
      return true;
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      return address != null
          && inRange(entry.substring(0, slash), entry.substring(slash + 1), address);
    }
    String name = entry;
    InetAddress whole = address(bare(entry));
    if (whole == null) {
      var parts = WITH_PORT.matcher(entry);
      if (parts.matches()) {
        if (Integer.parseInt(parts.group(2)) != port) {
          return false;
        }
        name = parts.group(1);
      }
    }
    InetAddress wanted = address(bare(name));
    if (wanted != null || address != null) {
      return wanted != null && wanted.equals(address);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }

  private static boolean inRange(String network, String bits, InetAddress address) {
    InetAddress base = address(bare(network));
    Optional<Integer> length = number(bits);
    if (base == null || length.isEmpty()) {
      return false;
    }
    byte[] wanted = base.getAddress();
    byte[] given = address.getAddress();
    if (wanted.length != given.length || length.get() > wanted.length * 8) {
      return false;
    }
    for (int bit = 0; bit < length.get(); bit++) {
      int mask = 0x80 >> (bit % 8);
      if (((wanted[bit / 8] ^ given[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Integer> number(String text) {
    return text.matches("[0-9]{1,3}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
  }

  /** Of a text that is an address; null for a name. */
  private static @Nullable InetAddress address(String text) {
    if (!ADDRESS.matcher(text).matches()) {
      return null;
    }
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }
}
