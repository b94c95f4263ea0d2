/**
 * Images: OCI layouts and docker-save archives are read, checked and brought into the content
 * store; layers are checked and unpacked; what tasks must know of an image is read from its config
 * and its layers.
 *
 * <p>All that is read here was written by strangers. Every blob is checked against its digest and
 * size, every count and size is bounded, no name in an archive becomes a path on the node, and
 * nothing is kept of an image in which anything is wrong.
 */
@NullMarked
package org.lfedge.eve.tasks.core.image;

import org.jspecify.annotations.NullMarked;
