package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** The keys of an object of a document. It remembers which were asked for; the others are wrong. */
final class DocumentObject {

  private final DocumentValue self;
  private final ObjectNode keys;
  private final SortedSet<String> known = new TreeSet<>();
  private final SortedSet<String> later = new TreeSet<>();

  DocumentObject(DocumentValue self, ObjectNode keys) {
    this.self = self;
    this.keys = keys;
  }

  /** The value of a key that may be left out. */
  <T> Optional<T> optional(String key, Function<DocumentValue, Optional<T>> reader) {
    known.add(key);
    return value(key).flatMap(reader);
  }

  /** The value of a key that must be there. */
  <T> Optional<T> required(String key, Function<DocumentValue, Optional<T>> reader) {
    if (!keys.has(key)) {
      place(key).refuse("MISSING", "is required; add it");
    }
    return optional(key, reader);
  }

  /** The elements of a list; none if the key is left out. */
  <T> List<T> list(String key, int max, BiFunction<Integer, DocumentValue, Optional<T>> element) {
    return optional(key, value -> Optional.of(value.list(max, element))).orElse(List.of());
  }

  /**
   * All keys of an object that has whatever keys the user likes; those that cannot be read are left
   * out.
   */
  <T> SortedMap<String, T> entries(int max, BiFunction<String, DocumentValue, Optional<T>> entry) {
    SortedMap<String, T> read = new TreeMap<>();
    if (keys.size() > max) {
      refuse("OUT_OF_RANGE", "has " + keys.size() + " keys; at most " + max + " are allowed");
    }
    keys.properties()
        .forEach(
            field -> {
              String key = field.getKey();
              known.add(key);
              value(key).flatMap(v -> entry.apply(key, v)).ifPresent(t -> read.put(key, t));
            });
    return read;
  }

  /** Those of some keys that are there. */
  List<String> present(String... some) {
    return Stream.of(some).filter(keys::has).toList();
  }

  /** Whether the value of a key is an object that has another key. */
  boolean has(String key, String inner) {
    return keys.path(key).has(inner);
  }

  /** A key that is understood, and refused all the same. */
  void notYet(String key) {
    later.add(key);
    if (keys.has(key)) {
      place(key).refuse("UNSUPPORTED", key + " is not supported by this version; remove it");
    }
  }

  /**
   * A key that belongs to another place of the document; refused as unknown, with that place.
   *
   * @param there an example
   */
  void elsewhere(String key, String there) {
    later.add(key);
    if (keys.has(key)) {
      place(key).refuse("UNKNOWN_KEY", "is not a key here; write " + there);
    }
  }

  /** Puts on record that the value of a key cannot be used, or that it is missing. */
  void refuseKey(String key, String code, String message) {
    place(key).refuse(code, message);
  }

  /** Puts on record that the object as a whole cannot be used. */
  void refuse(String code, String message) {
    self.refuse(code, message);
  }

  void refuseUnknownKeys() {
    keys.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key) && !later.contains(key)) {
                value(key).ifPresent(value -> value.refuse("UNKNOWN_KEY", unknown(key)));
              }
            });
  }

  private String unknown(String key) {
    return Suggestions.nearest(key, Stream.concat(known.stream(), later.stream()).toList())
        .map(meant -> "is not a key here; did you mean " + meant + "?")
        .orElse(
            known.isEmpty()
                ? "is not a key here; remove it"
                : "is not a key here; remove it, or use one of " + String.join(", ", known));
  }

  private Optional<DocumentValue> value(String key) {
    return keys.has(key) ? Optional.of(place(key)) : Optional.empty();
  }

  /** Where the value of a key is, or would be. */
  private DocumentValue place(String key) {
    return self.child(self.place().key(key), keys.path(key));
  }
}
