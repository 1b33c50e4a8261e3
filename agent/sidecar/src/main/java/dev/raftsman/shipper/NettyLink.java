package dev.raftsman.shipper;

import dev.raftsman.config.HostPort;
import dev.raftsman.tls.TlsStatus;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLException;

/**
 * Moves frames over a socket; what comes in waits in a queue for the shipper's thread. One event loop thread. The shipper's
 * thread calls everything here but the handlers.
 */
final class NettyLink implements Link, AutoCloseable {
    private final EventLoopGroup loop;
    private final Bootstrap bootstrap;
    private final LinkTls tls;
    private final int handshakeTimeoutMillis;
    private final Runnable wake;
    private final ShipperObserver observer;
    private final Queue<Incoming> incoming = new ConcurrentLinkedQueue<>();
    private Channel channel;

    /** What the network has to say; a null frame with a null reason: connected. */
    private record Incoming(int connection, Frame.FromCollector frame, String reason) {}

    /**
     * @param tls null: plain text
     * @param wake called on the event loop when something came in
     */
    NettyLink(int connectTimeoutMillis, LinkTls tls, Runnable wake, ShipperObserver observer) {
        this.tls = tls;
        // Before the session gives up, which could not say what it was that took so long.
        this.handshakeTimeoutMillis = connectTimeoutMillis - connectTimeoutMillis / 4;
        this.wake = wake;
        this.observer = observer;
        this.loop = new MultiThreadIoEventLoopGroup(
                1,
                task -> {
                    Thread thread = new Thread(task, "raftsman-net");
                    thread.setDaemon(true);
                    return thread;
                },
                NioIoHandler.newFactory());
        this.bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectTimeoutMillis);
    }

    /** Tells the session what came in. @return whether there was anything */
    boolean deliver(Session session, long nowNanos) {
        if (tls != null) {
            tls.step(nowNanos);
        }
        boolean any = false;
        Incoming in;
        while ((in = incoming.poll()) != null) {
            any = true;
            if (in.frame != null) {
                session.received(in.connection, in.frame, nowNanos);
            } else if (in.reason != null) {
                session.disconnected(in.connection, in.reason, nowNanos);
            } else {
                session.connected(in.connection, nowNanos);
            }
        }
        return any;
    }

    /** Null: plain text. */
    TlsStatus tlsStatus() {
        return tls == null ? null : tls.status();
    }

    private void tell(Incoming event) {
        incoming.add(event);
        wake.run();
    }

    @Override
    public void connect(int connection, String address) {
        disconnect();
        HostPort target;
        try {
            target = HostPort.parse(address);
        } catch (IllegalArgumentException e) {
            tell(new Incoming(connection, null, e.getMessage()));
            return;
        }
        LinkTls.Dialer dialer = tls == null ? null : tls.dialer(System.nanoTime());
        ChannelFuture connecting = bootstrap
                .clone()
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel socket) {
                        if (dialer != null) {
                            socket.pipeline().addLast(dialer.handler(socket.alloc(), target, handshakeTimeoutMillis));
                        }
                        socket.pipeline()
                                .addLast(new LengthFieldBasedFrameDecoder(
                                        ByteOrder.LITTLE_ENDIAN,
                                        FrameCodec.MAX_FRAME_BYTES + FrameCodec.LENGTH_BYTES,
                                        0,
                                        FrameCodec.LENGTH_BYTES,
                                        0,
                                        FrameCodec.LENGTH_BYTES,
                                        true))
                                .addLast(new Receiver(connection, dialer));
                    }
                })
                .connect(target.host(), target.port());
        channel = connecting.channel();
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                if (dialer == null) {
                    tell(new Incoming(connection, null, null));
                }
            } else {
                tell(new Incoming(
                        connection, null, "cannot connect: " + done.cause().getMessage()));
            }
        });
    }

    @Override
    public void send(Frame.FromSidecar frame) {
        if (frame instanceof Frame.Append append) {
            int bytes = append.block().remaining();
            channel.write(
                    Unpooled.wrappedBuffer(FrameCodec.appendHeader(append.epoch(), bytes)), channel.voidPromise());
            channel.write(Unpooled.wrappedBuffer(append.block()), channel.voidPromise());
            observer.sent(FrameCodec.APPEND_HEADER_BYTES + bytes);
        } else {
            ByteBuffer encoded = FrameCodec.encode(frame);
            observer.sent(encoded.remaining());
            channel.write(Unpooled.wrappedBuffer(encoded), channel.voidPromise());
        }
    }

    @Override
    public void flush() {
        if (channel != null) {
            channel.flush();
        }
    }

    @Override
    public void disconnect() {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    @Override
    public void close() {
        disconnect();
        loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
    }

    /** Event loop. */
    private final class Receiver extends SimpleChannelInboundHandler<ByteBuf> {
        private final int connection;
        private final LinkTls.Dialer dialer;

        Receiver(int connection, LinkTls.Dialer dialer) {
            this.connection = connection;
            this.dialer = dialer;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                tell(new Incoming(connection, null, handshake.isSuccess() ? null : dialer.reason(handshake.cause())));
            }
            context.fireUserEventTriggered(event);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
            Frame decoded = FrameCodec.decode(frame.nioBuffer());
            if (!(decoded instanceof Frame.FromCollector fromCollector)) {
                throw new ProtocolException(
                        "a collector sent " + decoded.getClass().getSimpleName());
            }
            tell(new Incoming(connection, fromCollector, null));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            tell(new Incoming(connection, null, "the collector closed the connection"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // With TLS 1.3 the collector's word on our certificate comes after the handshake was over here.
            boolean isTls = cause instanceof SSLException || cause.getCause() instanceof SSLException;
            tell(new Incoming(
                    connection,
                    null,
                    dialer != null && isTls ? dialer.reason(cause) : "connection failed: " + cause.getMessage()));
            context.close();
        }
    }
}
