package dev.raftsman.collector;

import dev.raftsman.block.Block;
import dev.raftsman.disk.Checksum;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import java.util.UUID;

/**
 * Sends blocks of about 100 KiB (1 MiB of log lines) to a running cluster as fast as its credit lets it, and prints what
 * came of it. Not a test: {@code java -cp ... CollectorLoad <ingest address> <seconds> [<paced blocks a second>]}.
 */
final class CollectorLoad {
    private static final int FIRST_SEQUENCE_OFFSET = 16;
    private static final int CRC_OFFSET = 8;
    private static final int CRC_FROM = 12;

    private CollectorLoad() {}

    private record Sent(long through, long nanos, int bytes) {}

    public static void main(String[] args) throws Exception {
        String address = args[0];
        long seconds = Long.parseLong(args[1]);
        double perSecond = args.length > 2 ? Double.parseDouble(args[2]) : 0;
        ByteBuffer block = sample();
        int lines = Block.wrap(block).count();
        int rawBytes = Block.wrap(block).rawBytes();

        Socket socket = greet(address);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 18);
        write(out, new Frame.Hello(1, 1, "load", "load"));
        Frame welcome = read(in);
        if (!(welcome instanceof Frame.Welcome w)) {
            System.out.println(welcome);
            return;
        }
        write(out, new Frame.Open(1, "load", UUID.randomUUID(), "load"));
        long epoch = ((Frame.Opened) read(in)).epoch();

        Deque<Sent> flying = new ArrayDeque<>();
        long[] latencies = new long[1 << 20];
        int acked = 0;
        long inFlight = 0;
        long next = 0;
        long start = System.nanoTime();
        long sentBlocks = 0;
        long bytes = 0;
        long credit = w.creditBytes();
        while (System.nanoTime() - start < seconds * 1_000_000_000L || !flying.isEmpty()) {
            boolean sending = System.nanoTime() - start < seconds * 1_000_000_000L;
            while (sending
                    && inFlight + block.remaining() <= credit
                    && (perSecond == 0 || sentBlocks < (System.nanoTime() - start) / 1e9 * perSecond)) {
                block.putLong(FIRST_SEQUENCE_OFFSET, next);
                block.putInt(CRC_OFFSET, Checksum.crc32c(block, CRC_FROM, block.limit() - CRC_FROM));
                out.write(FrameCodec.appendHeader(epoch, block.remaining()).array());
                out.write(block.array(), 0, block.limit());
                next += lines;
                sentBlocks++;
                inFlight += block.remaining();
                flying.add(new Sent(next - 1, System.nanoTime(), block.remaining()));
            }
            out.flush();
            if (perSecond > 0 && in.available() == 0) {
                Thread.onSpinWait();
                java.util.concurrent.locks.LockSupport.parkNanos(200_000);
                continue;
            }
            Frame frame = read(in);
            if (!(frame instanceof Frame.Ack ack)) {
                System.out.println(frame);
                return;
            }
            long now = System.nanoTime();
            while (!flying.isEmpty() && flying.peek().through() <= ack.through()) {
                Sent sent = flying.remove();
                inFlight -= sent.bytes();
                bytes += sent.bytes();
                if (acked < latencies.length) {
                    latencies[acked++] = now - sent.nanos();
                }
            }
        }
        double took = (System.nanoTime() - start) / 1e9;
        Arrays.sort(latencies, 0, acked);
        System.out.printf(
                "blocks=%d block=%d raw=%d seconds=%.1f encoded=%.1f MB/s raw=%.0f MB/s ack p50=%.1f ms p99=%.1f ms max=%.1f ms%n",
                acked,
                block.remaining(),
                rawBytes,
                took,
                bytes / took / 1e6,
                (double) acked * rawBytes / took / 1e6,
                latencies[acked / 2] / 1e6,
                latencies[(int) (acked * 0.99)] / 1e6,
                latencies[acked - 1] / 1e6);
        socket.close();
    }

    private static Socket greet(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        Socket socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void write(OutputStream out, Frame frame) throws IOException {
        ByteBuffer bytes = FrameCodec.encode(frame);
        out.write(bytes.array(), 0, bytes.limit());
        out.flush();
    }

    private static Frame read(DataInputStream in) throws IOException {
        byte[] frame = new byte[Integer.reverseBytes(in.readInt())];
        in.readFully(frame);
        return FrameCodec.decode(ByteBuffer.wrap(frame));
    }

    private static ByteBuffer sample() {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder(1 << 20);
        while (text.length() < (1 << 20) - 400) {
            text.append("2026-11-23T19:")
                    .append(10 + random.nextInt(50))
                    .append(':')
                    .append(10 + random.nextInt(50));
            text.append(".")
                    .append(100 + random.nextInt(900))
                    .append("Z INFO  [exec-")
                    .append(random.nextInt(16));
            text.append("] c.acme.orders.OrderService order accepted id=").append(Long.toHexString(random.nextInt()));
            text.append(" customer=")
                    .append(random.nextInt(5000))
                    .append(" total=")
                    .append(random.nextInt(100_000));
            text.append(" currency=EUR items=").append(random.nextInt(9)).append('\n');
        }
        ByteBuffer encoded = Blocks.ofLines(0, text.toString().getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.wrap(Arrays.copyOf(encoded.array(), encoded.limit())).order(ByteOrder.LITTLE_ENDIAN);
    }
}
