package dev.raftsman.collector;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Speaks the protocol over a blocking socket, one frame after another. */
final class SidecarClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final DataInputStream in;

    SidecarClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Says HELLO and gives the answer back. */
    Frame greet() throws IOException {
        return ask(new Frame.Hello(1, Frame.VERSION, "acme", "host-1"));
    }

    long open(String producer, UUID incarnation, String stream) throws IOException {
        return ((Frame.Opened) ask(new Frame.Open(1, producer, incarnation, stream))).epoch();
    }

    Frame ask(Frame frame) throws IOException {
        send(frame);
        return receive();
    }

    void send(Frame frame) throws IOException {
        raw(FrameCodec.encode(frame).array(), FrameCodec.encode(frame).limit());
    }

    void raw(byte[] bytes, int length) throws IOException {
        socket.getOutputStream().write(bytes, 0, length);
        socket.getOutputStream().flush();
    }

    /** The next frame, or null at the end of the stream. */
    Frame receive() throws IOException {
        try {
            byte[] frame = new byte[Integer.reverseBytes(in.readInt())];
            in.readFully(frame);
            return FrameCodec.decode(ByteBuffer.wrap(frame));
        } catch (EOFException e) {
            return null;
        }
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
