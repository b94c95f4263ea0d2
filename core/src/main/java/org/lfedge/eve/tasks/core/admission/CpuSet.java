package org.lfedge.eve.tasks.core.admission;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * CPUs of the node by number, as the kernel lists them.
 *
 * @param numbers from 0 to {@value #MAX}; may be empty
 */
public record CpuSet(SortedSet<Integer> numbers) {

  /** The largest number that a kernel can be built for (CONFIG_NR_CPUS of x86 is 8192 at most). */
  public static final int MAX = 8191;

  /** Keeps a copy, and refuses numbers that no CPU has. */
  public CpuSet {
    numbers = SortedCopies.setOf(numbers);
    if (!numbers.isEmpty() && (numbers.first() < 0 || numbers.last() > MAX)) {
      throw new IllegalArgumentException("CPUs are numbered from 0 to " + MAX + ": " + numbers);
    }
  }

  /** A set of the given numbers. */
  public static CpuSet of(Collection<Integer> numbers) {
    return new CpuSet(SortedCopies.setOf(numbers));
  }

  /**
   * Reads a list such as {@code 0-3,6}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static CpuSet parse(String list) {
    SortedSet<Integer> numbers = new TreeSet<>();
    for (String range : list.strip().split(",", -1)) {
      String[] ends = range.split("-", 2);
      int first = number(ends[0], list);
      int last = number(ends[ends.length - 1], list);
      if (first > last) {
        throw new IllegalArgumentException("not a list of CPUs: " + list);
      }
      for (int number = first; number <= last; number++) {
        numbers.add(number);
      }
    }
    return new CpuSet(numbers);
  }

  private static int number(String text, String list) {
    if (!text.matches("[0-9]{1,4}")) {
      throw new IllegalArgumentException("not a list of CPUs: " + list);
    }
    return Integer.parseInt(text);
  }

  public boolean isEmpty() {
    return numbers.isEmpty();
  }

  public int size() {
    return numbers.size();
  }

  /** Those that are in both. */
  public CpuSet and(CpuSet other) {
    return of(numbers.stream().filter(number -> other.numbers.contains(number)).toList());
  }

  /** Those that are not in the other. */
  public CpuSet without(CpuSet other) {
    return of(numbers.stream().filter(number -> !other.numbers.contains(number)).toList());
  }

  /** As the kernel writes it, such as {@code 0-3,6}; empty for none. */
  @Override
  public String toString() {
    List<String> ranges = new ArrayList<>();
    int first = -1;
    int last = -2;
    for (int number : numbers) {
      if (number != last + 1) {
        addRange(ranges, first, last);
        first = number;
      }
      last = number;
    }
    addRange(ranges, first, last);
    return String.join(",", ranges);
  }

  private static void addRange(List<String> ranges, int first, int last) {
    if (first <= last) {
      ranges.add(first == last ? Integer.toString(first) : first + "-" + last);
    }
  }
}
