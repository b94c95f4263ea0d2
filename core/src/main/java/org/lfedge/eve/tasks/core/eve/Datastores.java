package org.lfedge.eve.tasks.core.eve;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.eve.HostAccess.Login;
import org.lfedge.eve.tasks.core.eve.api.ContentTree;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.DsType;

/** The datastores of a config: where content is, and how the node gets at it. */
final class Datastores {

  private static final Pattern ADDRESS =
      Pattern.compile("(?:([a-z]+)://)?([^/]*)(/.*)?", Pattern.CASE_INSENSITIVE);
  private static final Pattern HOST =
      Pattern.compile("(?:[a-zA-Z0-9][a-zA-Z0-9.-]*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?");

  private final SortedMap<String, DatastoreConfig> byId = new TreeMap<>();
  private final SortedMap<String, HostAccess> hosts = new TreeMap<>();

  Datastores(List<DatastoreConfig> all) {
    all.forEach(one -> byId.putIfAbsent(one.getId().toLowerCase(Locale.ROOT), one));
  }

  /** Where the content of a tree is. */
  sealed interface Place {

    /** An image or an artifact in a registry. */
    record Image(String reference) implements Place {}

    /** A file at a URL. */
    record Url(String url) implements Place {}

    /** A file of the node. */
    record File(String path) implements Place {}
  }

  /** How the hosts of all places that were found are spoken to. */
  SortedMap<String, HostAccess> hosts() {
    return new TreeMap<>(hosts);
  }

  /** Where the content of a tree is; nothing if that cannot be told, which is found then. */
  Optional<Place> place(ContentTree tree, String path, Findings findings) {
    List<String> ids =
        tree.getDsIdsListList().isEmpty() ? List.of(tree.getDsId()) : tree.getDsIdsListList();
    Optional<DatastoreConfig> store =
        ids.stream()
            .map(id -> Optional.ofNullable(byId.get(id.toLowerCase(Locale.ROOT))))
            .flatMap(Optional::stream)
            .findFirst();
    if (store.isEmpty()) {
      findings.missing(path + ".dsId", ids.get(0), "no datastore of this config has this id");
      return Optional.empty();
    }
    return place(store.get(), tree.getURL(), path, findings);
  }

  private Optional<Place> place(
      DatastoreConfig store, String name, String path, Findings findings) {
    String where = "datastores[" + store.getId() + "]";
    if (store.hasCipherData()) {
      findings.unsupported(
          where + ".cipherData", "", "encrypted credentials are not supported; send them in clear");
      return Optional.empty();
    }
    Matcher address = ADDRESS.matcher(store.getFqdn().strip());
    if (!address.matches()) {
      findings.bad(where + ".fqdn", "", "must be a host, maybe with a scheme before");
      return Optional.empty();
    }
    String scheme = Optional.ofNullable(address.group(1)).orElse("").toLowerCase(Locale.ROOT);
    String below =
        joined(Stream.of(Optional.ofNullable(address.group(3)).orElse(""), store.getDpath(), name));
    if (scheme.equals("file")) {
      return file(address.group(2), below, where, findings);
    }
    String host = address.group(2);
    if (!HOST.matcher(host).matches()) {
      // There may be a password in it.
      findings.bad(where + ".fqdn", "", "must name a host, maybe with a port behind");
      return Optional.empty();
    }
    if (below.isEmpty()) {
      findings.missing(path + ".URL", "", "must say which content of the datastore is meant");
      return Optional.empty();
    }
    return switch (store.getDType()) {
      case DsContainerRegistry ->
          registry(store, scheme.equals("http"), host, below, where, findings);
      // In small letters, as servers of files are looked up. A registry is by its letters as they
      // are: a capital one says that it is none of Docker's users.
      case DsHttp, DsHttps ->
          url(store, scheme, host.toLowerCase(Locale.ROOT), below, where, findings);
      default -> {
        findings.unsupported(
            where + ".dType",
            store.getDType(),
            "content comes from registries, by HTTP and HTTPS, and from files of the node alone");
        yield Optional.empty();
      }
    };
  }

  private static Optional<Place> file(String host, String below, String where, Findings findings) {
    if (!host.isEmpty() || below.isEmpty()) {
      findings.bad(where + ".fqdn", host, "must be file:///, and a path of the node behind");
      return Optional.empty();
    }
    return Optional.of(new Place.File("/" + below));
  }

  private Optional<Place> registry(
      DatastoreConfig store,
      boolean plain,
      String host,
      String below,
      String where,
      Findings findings) {
    boolean granted = grant(store, host, plain, where, findings);
    return granted ? Optional.of(new Place.Image(host + "/" + below)) : Optional.empty();
  }

  private Optional<Place> url(
      DatastoreConfig store,
      String scheme,
      String host,
      String below,
      String where,
      Findings findings) {
    boolean plain = scheme.isEmpty() ? store.getDType() == DsType.DsHttp : scheme.equals("http");
    boolean granted = grant(store, host, plain, where, findings);
    return granted
        ? Optional.of(new Place.Url((plain ? "http://" : "https://") + host + "/" + below))
        : Optional.empty();
  }

  /** One host is spoken to in one way: what belongs to one datastore is not sent for another. */
  private boolean grant(
      DatastoreConfig store, String host, boolean plain, String where, Findings findings) {
    Optional<Login> login =
        store.getApiKey().isEmpty()
            ? Optional.empty()
            : Optional.of(new Login(store.getApiKey(), store.getPassword()));
    HostAccess access =
        new HostAccess(
            plain,
            login,
            store.getDsCertPEMList().stream().map(pem -> pem.toStringUtf8()).toList());
    HostAccess other = hosts.putIfAbsent(host, access);
    if (other != null && !other.equals(access)) {
      findings.unsupported(
          where,
          host,
          "another datastore of this config is on the same host with other credentials or another"
              + " protocol; give both the same");
      return false;
    }
    return true;
  }

  private static String joined(Stream<String> parts) {
    return parts
        .flatMap(part -> Stream.of(part.split("/")))
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("/"));
  }
}
