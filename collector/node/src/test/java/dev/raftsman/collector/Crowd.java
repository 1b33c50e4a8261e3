package dev.raftsman.collector;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** A process of its own, since descriptors are counted by process: sidecars that greet and then say nothing. */
final class Crowd implements AutoCloseable {
    private static final String COMPLETE = "complete";

    private final Process process;

    /** @param port of the node's ingest */
    Crowd(int port, int clients) throws IOException {
        process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Crowd.class.getName(),
                        Integer.toString(port),
                        Integer.toString(clients))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Returns when all of them were welcomed. */
    void awaitComplete() throws IOException {
        String line = process.inputReader().readLine();
        if (!COMPLETE.equals(line)) {
            throw new IOException("the crowd ended: " + line);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress node =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        ByteBuffer hello = FrameCodec.encode(new Frame.Hello(1, 1, "acme", "crowd"));
        ByteBuffer length = ByteBuffer.allocate(FrameCodec.LENGTH_BYTES);
        List<SocketChannel> clients = new ArrayList<>();
        for (int i = Integer.parseInt(arguments[1]); i > 0; i--) {
            SocketChannel client = SocketChannel.open(node);
            client.write(hello.rewind());
            clients.add(client);
        }
        for (SocketChannel client : clients) {
            if (client.read(length.clear()) < 1) {
                System.out.println("not welcome");
                return;
            }
        }
        System.out.println(COMPLETE);
        int end = System.in.read();
        System.exit(end + 1);
    }
}
