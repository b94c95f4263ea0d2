package org.lfedge.eve.tasks.core.policy;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Devices that the operator lets tasks have: a device node such as {@code /dev/ttyS0}, or what
 * another kind of device is called, such as {@code cdi:vendor.com/gpu=0}, {@code pci:0000:03:00.0},
 * {@code usb:1-2} or {@code nic:eth1}. A {@code *} stands for any characters; in the path of a
 * device node not for a slash.
 */
record DevicePattern(String text) {

  private static final String NODE =
      "/dev/(?!\\.{1,2}(/|$))[^/\\p{Cntrl}]+(/(?!\\.{1,2}(/|$))[^/\\p{Cntrl}]+)*";

  /** What a pattern of device nodes alone looks like. */
  static final Pattern NODE_FORM = Pattern.compile("(?=.{1,255}$)" + NODE);

  /** What a pattern looks like; short, as paths of devices are. */
  static final Pattern FORM =
      Pattern.compile("(?=.{1,255}$)(" + NODE + "|(cdi|pci|usb|nic):[^\\p{Cntrl}]+)");

  /**
   * Refuses what is no pattern.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  DevicePattern {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException("not a device: " + text);
    }
    if (text.startsWith("pci:")) {
      text = text.toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Whether every device node in a directory is meant, whatever it is called.
   *
   * @param directory normalized
   */
  boolean matchesAllIn(String directory) {
    int end = text.lastIndexOf('/');
    return end > 0
        && text.substring(end + 1).matches("\\*+")
        && matches(text.substring(0, end), directory);
  }

  /**
   * Whether a device is meant.
   *
   * @param name as {@link org.lfedge.eve.tasks.core.config.DeviceConfig#policyName}
   */
  boolean matches(String name) {
    return matches(text, name);
  }

  private static boolean matches(String pattern, String name) {
    String any = pattern.startsWith("/") ? "[^/]*" : ".*";
    String regex =
        Stream.of(pattern.split("\\*+", -1)).map(Pattern::quote).collect(Collectors.joining(any));
    return Pattern.compile(regex, Pattern.DOTALL).matcher(name).matches();
  }
}
