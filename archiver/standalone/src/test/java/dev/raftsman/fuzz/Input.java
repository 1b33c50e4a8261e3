package dev.raftsman.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** What the fuzzer hands over: a byte of modes, then the bytes to read. */
record Input(int modes, byte[] bytes) {
    static final int RAW = 0;
    static final int REPAIRED = 1;

    static Input of(byte[] data) {
        return data.length == 0 ? new Input(RAW, data) : new Input(data[0], Arrays.copyOfRange(data, 1, data.length));
    }

    byte[] joined() {
        byte[] data = new byte[1 + bytes.length];
        data[0] = (byte) modes;
        System.arraycopy(bytes, 0, data, 1, bytes.length);
        return data;
    }

    boolean has(int mode) {
        return (modes & mode) != 0;
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
