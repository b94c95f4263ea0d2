package org.lfedge.eve.tasks.executor.crossarch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

/**
 * An architecture that can be emulated, and how its executable files begin: with a header by the
 * ELF specification, whose numbers of machines are those of the generic ABI.
 */
enum Architecture {
  I386("386", false, ByteOrder.LITTLE_ENDIAN, 3),
  AMD64("amd64", true, ByteOrder.LITTLE_ENDIAN, 62),
  ARM("arm", false, ByteOrder.LITTLE_ENDIAN, 40),
  ARM64("arm64", true, ByteOrder.LITTLE_ENDIAN, 183),
  PPC64LE("ppc64le", true, ByteOrder.LITTLE_ENDIAN, 21),
  RISCV64("riscv64", true, ByteOrder.LITTLE_ENDIAN, 243),
  S390X("s390x", true, ByteOrder.BIG_ENDIAN, 22);

  /** The identification, the type and the machine of a header. */
  private static final int HEADER = 20;

  private static final int OS_ABI = 7;
  private static final int ABI_VERSION = 8;
  private static final int TYPE = 16;
  private static final int MACHINE = 18;

  /** ET_EXEC; ET_DYN, the type of programs that can lie anywhere, differs from it in one bit. */
  private static final short EXECUTABLE = 2;

  private static final short EITHER_TYPE = (short) 0xfffe;

  private final String word;
  private final boolean wide;
  private final ByteOrder order;
  private final int machine;

  Architecture(String word, boolean wide, ByteOrder order, int machine) {
    this.word = word;
    this.wide = wide;
    this.order = order;
    this.machine = machine;
  }

  /** By Go's word for it. */
  static Optional<Architecture> of(String word) {
    return Stream.of(values()).filter(one -> one.word.equals(word)).findFirst();
  }

  /** Go's word for it. */
  String word() {
    return word;
  }

  /** Its executable files, run by an interpreter. */
  BinaryFormat runBy(String interpreter) {
    ByteBuffer magic = ByteBuffer.allocate(HEADER).order(order);
    magic.put(new byte[] {0x7f, 'E', 'L', 'F'});
    magic.put((byte) (wide ? 2 : 1));
    magic.put((byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2));
    magic.put((byte) 1);
    magic.putShort(TYPE, EXECUTABLE).putShort(MACHINE, (short) machine);
    ByteBuffer mask = ByteBuffer.allocate(HEADER).order(order);
    for (int i = 0; i < HEADER; i++) {
      mask.put((byte) (i == OS_ABI || i == ABI_VERSION ? 0 : 0xff));
    }
    mask.putShort(TYPE, EITHER_TYPE);
    HexFormat hex = HexFormat.of();
    return new BinaryFormat(
        word, hex.formatHex(magic.array()), hex.formatHex(mask.array()), interpreter);
  }
}
