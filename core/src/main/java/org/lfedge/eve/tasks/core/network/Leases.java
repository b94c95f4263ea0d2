package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * The addresses that the plugin {@code host-local} has given on networks of the node's config: a
 * file for each, by the name of the address, whose first line is the ID of the container.
 */
final class Leases {

  private final Path directory;

  Leases(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /** Whether a container can have as many addresses of a subnet as it wants, one at least. */
  boolean has(String network, Cidr subnet, String containerId, int wanted) {
    List<Path> given =
        files(directory.resolve(network)).stream()
            .filter(file -> address(file).filter(subnet::contains).isPresent())
            .toList();
    BigInteger room = subnet.capacity().subtract(BigInteger.valueOf(wanted));
    // Files are read only where it is close.
    return BigInteger.valueOf(given.size()).compareTo(room) <= 0
        || BigInteger.valueOf(given.stream().filter(file -> isOfAnother(file, containerId)).count())
                .compareTo(room)
            <= 0;
  }

  private static boolean isOfAnother(Path file, String containerId) {
    return owner(file).filter(owner -> !owner.equals(containerId)).isPresent();
  }

  private static Optional<InetAddress> address(Path file) {
    return Cidr.parseAddress(String.valueOf(file.getFileName()));
  }

  /** Removes what plugins have left of a container's leases. */
  void release(String containerId) {
    try {
      for (Path network : files(directory)) {
        for (Path file : files(network)) {
          if (address(file).isPresent() && owner(file).equals(Optional.of(containerId))) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException e) {
      throw failure("give back the addresses of " + containerId, e);
    }
  }

  /** Removes the directory of a network that nobody has an address of. */
  void forget(String network) {
    Path leases = directory.resolve(network);
    List<Path> files = files(leases);
    if (files.stream().anyMatch(file -> address(file).isPresent())) {
      return;
    }
    try {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(leases);
    } catch (IOException e) {
      throw failure("remove " + leases, e);
    }
  }

  private static Optional<String> owner(Path file) {
    try {
      return Files.readString(file).lines().map(String::strip).findFirst();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("read " + file, e);
    }
  }

  private static List<Path> files(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw failure("list " + directory, e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_RECORDS", "cannot " + action + ": " + cause), cause);
  }
}
