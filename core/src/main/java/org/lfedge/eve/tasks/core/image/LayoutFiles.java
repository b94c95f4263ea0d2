package org.lfedge.eve.tasks.core.image;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The files of a layout, by their paths in it: a directory, or an archive of one. */
interface LayoutFiles extends Closeable {

  /** The size of a regular file, if it is there. */
  Optional<Long> size(String path) throws IOException;

  /** Opens a file that is there; the caller closes it. */
  InputStream open(String path) throws IOException;

  @Override
  void close() throws IOException;

  /** A directory of the node. Paths and symbolic links in it do not lead out of it. */
  final class Directory implements LayoutFiles {

    private final Path root;

    Directory(Path root) throws IOException {
      this.root = root.toRealPath();
    }

    @Override
    public Optional<Long> size(String path) throws IOException {
      Optional<Path> file = file(path);
      return file.isEmpty() ? Optional.empty() : Optional.of(Files.size(file.get()));
    }

    @Override
    public InputStream open(String path) throws IOException {
      Optional<Path> file = file(path);
      if (file.isEmpty()) {
        throw new IOException(path + " is no regular file in " + root);
      }
      return Files.newInputStream(file.get());
    }

    private Optional<Path> file(String path) throws IOException {
      if (path.isEmpty() || path.indexOf('\0') >= 0) {
        return Optional.empty();
      }
      Path file = root.resolve(path);
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      Path real = file.toRealPath();
      return real.startsWith(root) ? Optional.of(real) : Optional.empty();
    }

    @Override
    public void close() {}
  }
}
