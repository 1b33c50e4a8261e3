package dev.raftsman.wire;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Frames to bytes and back. Stateless; any thread. */
public final class FrameCodec {
    /** The length field, which does not count itself. */
    public static final int LENGTH_BYTES = 4;

    /** Greatest value of the length field: a block of 2 MiB and its frame. Larger is refused before it is read. */
    public static final int MAX_FRAME_BYTES = (2 << 20) + 64;

    /** Before the block in an APPEND: length, type, epoch. The block may be written behind it without a copy. */
    public static final int APPEND_HEADER_BYTES = LENGTH_BYTES + 1 + 8;

    private static final int HELLO = 1;
    private static final int OPEN = 2;
    private static final int RESUME = 3;
    private static final int APPEND = 4;
    private static final int CLOSE = 5;
    private static final int FORGET = 6;
    private static final int PING = 7;
    private static final int LAG = 8;
    private static final int WELCOME = 65;
    private static final int OPENED = 66;
    private static final int RESUMED = 67;
    private static final int ACK = 68;
    private static final int REFUSE = 69;
    private static final int CLOSED = 70;
    private static final int FORGOTTEN = 71;
    private static final int PONG = 72;
    private static final int CREDIT = 73;

    private FrameCodec() {}

    /**
     * Checks a length field before anything is read or allocated.
     *
     * @throws ProtocolException if no frame has this length
     */
    public static int checkLength(int length) {
        if (length < 1 || length > MAX_FRAME_BYTES) {
            throw new ProtocolException(
                    "frame length " + Integer.toUnsignedString(length) + "; expected 1 to " + MAX_FRAME_BYTES);
        }
        return length;
    }

    /** The bytes of an APPEND up to its block, for a caller who writes the block behind it. */
    public static ByteBuffer appendHeader(long epoch, int blockLength) {
        return ByteBuffer.allocate(APPEND_HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(1 + 8 + blockLength)
                .put((byte) APPEND)
                .putLong(epoch)
                .flip();
    }

    /** The whole frame, its length field first, in a buffer of the caller's own. */
    public static ByteBuffer encode(Frame frame) {
        Writer out = new Writer(
                frame instanceof Frame.Append a
                        ? APPEND_HEADER_BYTES + a.block().remaining()
                        : 256);
        if (frame instanceof Frame.FromSidecar f) {
            encode(f, out);
        } else if (frame instanceof Frame.FromCollector f) {
            encode(f, out);
        }
        return out.finish();
    }

    private static void encode(Frame.FromSidecar frame, Writer out) {
        if (frame instanceof Frame.Append f) {
            out.type(APPEND).i64(f.epoch()).bytes(f.block());
        } else if (frame instanceof Frame.Hello f) {
            out.type(HELLO)
                    .u8(f.minVersion())
                    .u8(f.maxVersion())
                    .text(f.tenant())
                    .text(f.agent());
        } else if (frame instanceof Frame.Open f) {
            out.type(OPEN)
                    .i32(f.request())
                    .text(f.producer())
                    .i64(f.incarnation().getMostSignificantBits())
                    .i64(f.incarnation().getLeastSignificantBits())
                    .text(f.stream());
        } else if (frame instanceof Frame.Resume f) {
            out.type(RESUME).i32(f.request()).i64(f.epoch());
        } else if (frame instanceof Frame.Close f) {
            out.type(CLOSE)
                    .i32(f.request())
                    .i64(f.epoch())
                    .i64(f.last())
                    .u8(f.loss().reason().code())
                    .i64(f.loss().count());
        } else if (frame instanceof Frame.Forget f) {
            out.type(FORGET).i32(f.request()).i64(f.epoch());
        } else if (frame instanceof Frame.Ping f) {
            out.type(PING).i64(f.nonce());
        } else if (frame instanceof Frame.Lag f) {
            out.type(LAG).text(f.stream()).i64(f.bytes()).i64(f.millis());
        }
    }

    private static void encode(Frame.FromCollector frame, Writer out) {
        if (frame instanceof Frame.Ack f) {
            out.type(ACK).i64(f.epoch()).i64(f.through());
        } else if (frame instanceof Frame.Welcome f) {
            out.type(WELCOME).u8(f.version()).text(f.node()).i64(f.creditBytes());
        } else if (frame instanceof Frame.Opened f) {
            out.type(OPENED).i32(f.request()).i64(f.epoch()).i64(f.last());
        } else if (frame instanceof Frame.Resumed f) {
            out.type(RESUMED).i32(f.request()).i64(f.last());
        } else if (frame instanceof Frame.Refuse f) {
            out.type(REFUSE)
                    .i32(f.request())
                    .i64(f.epoch())
                    .u8(f.reason().code())
                    .i64(f.expected())
                    .i64(f.retryAfterMillis())
                    .text(f.leader())
                    .text(f.detail());
        } else if (frame instanceof Frame.Closed f) {
            out.type(CLOSED).i32(f.request());
        } else if (frame instanceof Frame.Forgotten f) {
            out.type(FORGOTTEN).i32(f.request());
        } else if (frame instanceof Frame.Pong f) {
            out.type(PONG).i64(f.nonce());
        } else if (frame instanceof Frame.Credit f) {
            out.type(CREDIT).i64(f.bytes());
        }
    }

    /**
     * Decodes what follows a length field.
     *
     * @param frame from position to limit: one whole frame without its length field; an APPEND's block is a slice of it
     * @throws ProtocolException if the bytes are no frame, or are more or fewer than the frame has
     */
    public static Frame decode(ByteBuffer frame) {
        Reader in = new Reader(frame);
        int type = in.u8();
        Frame decoded = type < WELCOME ? fromSidecar(type, in) : fromCollector(type, in);
        in.requireEnd(type);
        return decoded;
    }

    private static Frame fromSidecar(int type, Reader in) {
        return switch (type) {
            case APPEND -> new Frame.Append(in.epoch(), in.rest());
            case HELLO -> new Frame.Hello(in.u8(), in.u8(), in.text(), in.text());
            case OPEN -> new Frame.Open(in.i32(), in.text(), new UUID(in.i64(), in.i64()), in.text());
            case RESUME -> new Frame.Resume(in.i32(), in.epoch());
            case CLOSE -> new Frame.Close(in.i32(), in.epoch(), in.i64(), in.loss());
            case FORGET -> new Frame.Forget(in.i32(), in.epoch());
            case PING -> new Frame.Ping(in.i64());
            case LAG -> new Frame.Lag(in.text(), in.notNegative("bytes"), in.notNegative("milliseconds"));
            default -> throw new ProtocolException("frame type " + type);
        };
    }

    private static Frame fromCollector(int type, Reader in) {
        return switch (type) {
            case ACK -> new Frame.Ack(in.epoch(), in.i64());
            case WELCOME -> new Frame.Welcome(in.u8(), in.text(), in.i64());
            case OPENED -> new Frame.Opened(in.i32(), in.epoch(), in.i64());
            case RESUMED -> new Frame.Resumed(in.i32(), in.i64());
            case REFUSE ->
                new Frame.Refuse(
                        in.i32(), in.i64(), RefuseReason.ofCode(in.u8()), in.i64(), in.i64(), in.text(), in.text());
            case CLOSED -> new Frame.Closed(in.i32());
            case FORGOTTEN -> new Frame.Forgotten(in.i32());
            case PONG -> new Frame.Pong(in.i64());
            case CREDIT -> new Frame.Credit(in.i64());
            default -> throw new ProtocolException("frame type " + type);
        };
    }

    private static final class Writer {
        private ByteBuffer out;

        Writer(int bytes) {
            out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0);
        }

        Writer type(int type) {
            return u8(type);
        }

        Writer u8(int value) {
            room(1).put((byte) value);
            return this;
        }

        Writer i32(int value) {
            room(4).putInt(value);
            return this;
        }

        Writer i64(long value) {
            room(8).putLong(value);
            return this;
        }

        Writer text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            if (utf8.length > 0xFFFF) {
                throw new IllegalArgumentException("text of " + utf8.length + " bytes in a frame");
            }
            room(2 + utf8.length).putShort((short) utf8.length).put(utf8);
            return this;
        }

        Writer bytes(ByteBuffer bytes) {
            room(bytes.remaining()).put(bytes.duplicate());
            return this;
        }

        private ByteBuffer room(int bytes) {
            if (out.remaining() < bytes) {
                out = ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + bytes))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(out.flip());
            }
            return out;
        }

        ByteBuffer finish() {
            checkLength(out.position() - LENGTH_BYTES);
            return out.putInt(0, out.position() - LENGTH_BYTES).flip();
        }
    }

    private static final class Reader {
        private final ByteBuffer in;

        Reader(ByteBuffer frame) {
            in = frame.slice().order(ByteOrder.LITTLE_ENDIAN);
        }

        int u8() {
            return Byte.toUnsignedInt(need(1).get());
        }

        int i32() {
            return need(4).getInt();
        }

        long i64() {
            return need(8).getLong();
        }

        long epoch() {
            long epoch = i64();
            if (epoch < 1) {
                throw new ProtocolException("epoch " + epoch + "; expected a positive number");
            }
            return epoch;
        }

        long notNegative(String what) {
            long value = i64();
            if (value < 0) {
                throw new ProtocolException(value + " " + what + "; expected 0 or more");
            }
            return value;
        }

        Loss loss() {
            try {
                return new Loss(LossReason.ofCode(u8()), i64());
            } catch (IllegalArgumentException e) {
                throw new ProtocolException(e.getMessage(), e);
            }
        }

        String text() {
            int length = Short.toUnsignedInt(need(2).getShort());
            ByteBuffer utf8 = need(length).slice(in.position(), length);
            in.position(in.position() + length);
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
            } catch (CharacterCodingException e) {
                throw new ProtocolException("text in a frame is not UTF-8", e);
            }
        }

        ByteBuffer rest() {
            ByteBuffer rest = in.slice().order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.limit());
            return rest;
        }

        private ByteBuffer need(int bytes) {
            if (in.remaining() < bytes) {
                throw new ProtocolException(
                        "frame ends at byte " + in.limit() + "; expected " + bytes + " more at " + in.position());
            }
            return in;
        }

        void requireEnd(int type) {
            if (in.hasRemaining()) {
                throw new ProtocolException(in.remaining() + " bytes behind the end of a frame of type " + type);
            }
        }
    }
}
