package org.lfedge.eve.tasks.spi.task;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Unmodifiable sorted copies. {@code Map.copyOf} and {@code Set.copyOf} iterate differently in each
 * JVM run, which would make equal seeds differ in their bytes.
 */
public final class SortedCopies {

  private SortedCopies() {}

  /** A copy in natural order. */
  public static <T extends Comparable<? super T>> SortedSet<T> setOf(
      Collection<? extends T> items) {
    return Collections.unmodifiableSortedSet(new TreeSet<T>(items));
  }

  /** A copy in the natural order of the keys. */
  public static <K extends Comparable<? super K>, V> SortedMap<K, V> mapOf(
      Map<? extends K, ? extends V> entries) {
    return Collections.unmodifiableSortedMap(new TreeMap<K, V>(entries));
  }
}
