package dev.raftsman.ingest;

import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.tls.TlsStatus;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import dev.raftsman.wire.RefuseReason;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Joins sockets and their sessions on one event loop; what sessions ask for is done at the {@link IngestDesk}. */
public final class IngestServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IngestServer.class);
    private static final long NONE = FrameDecoder.NONE;
    private static final int GREETING_FRAME_BYTES = 1 << 10;
    private static final long GREETING_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long FRAME_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long WARN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long UNREAD_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long LAST_WORDS_SECONDS = 5;
    private static final long TICK_MILLIS = 250;

    /** What the server needs from the node around it; each may be called at any time by the loop. */
    public interface Surroundings {
        /** The epoch's last sequence in the state as applied here; empty if there is no such epoch. */
        OptionalLong last(long epoch);

        /** Ingest address of a node by its id, or empty. */
        String ingestAddress(String node);

        /** Why no blocks of the epoch's stream are taken now; empty if they are. */
        default String throttled(long epoch) {
            return "";
        }

        /** Whether the disk has room for more. */
        boolean hasRoom();

        /** Wall clock, for the stamps of entries. */
        long clockMillis();

        /** What producers have to wait for; empty if they may come. */
        default String waitsFor() {
            return "";
        }
    }

    private final IngestSettings settings;
    private final Surroundings surroundings;
    private final IngestObserver observer;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final IngestDesk desk;
    private final Set<Connection> connections = new LinkedHashSet<>();
    private final Channel listening;

    /** To whom something was said that was not sent yet. */
    private final Set<Connection> unsent = new LinkedHashSet<>();

    private boolean reading = true;
    private boolean throttled;
    private long warnedNanos;
    private long unwarned;

    /** Null: plain text. */
    private final TlsDoor tls;

    private IngestServer(
            String node, IngestSettings settings, ReplicatedLog log, Surroundings surroundings, IngestObserver observer)
            throws IOException {
        this.settings = settings;
        this.surroundings = surroundings;
        this.observer = observer;
        this.tls = settings.tls() == null ? null : TlsDoor.open(settings.tls(), System.nanoTime());
        this.group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        this.loop = group.next();
        this.desk = new IngestDesk(node, settings, log, surroundings, observer, new EventLoopAsLoop(), this::answered);
        try {
            this.listening = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), 15)
                    .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), 5)
                    .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), 3)
                    .childOption(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new AdaptiveRecvByteBufAllocator(1 << 10, 1 << 14, 1 << 18))
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            connected(channel);
                        }
                    })
                    .bind(settings.listen().resolve())
                    .syncUninterruptibly()
                    .channel();
        } catch (RuntimeException | Error e) {
            stop();
            throw e;
        } catch (Throwable e) {
            // Netty throws checked exceptions unannounced.
            stop();
            throw new IOException(e.getMessage(), e);
        }
        Future<?> unused = loop.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** @throws IOException if the address cannot be bound, or the files of TLS cannot be used */
    public static IngestServer start(
            String node, IngestSettings settings, ReplicatedLog log, Surroundings surroundings, IngestObserver observer)
            throws IOException {
        return new IngestServer(node, settings, log, surroundings, observer);
    }

    /** Where it listens; of use if the port was left to the system. */
    public int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** The agents that are connected here, or were a moment ago, and how far behind they are. Any thread. */
    public List<AgentLag> agents() {
        return desk.agents().list(surroundings.clockMillis());
    }

    /** Null: plain text. Any thread. */
    public TlsStatus tlsStatus() {
        return tls == null ? null : tls.status();
    }

    private void stop() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        if (tls != null) {
            tls.close();
        }
    }

    /** Refuses what is outstanding and closes all connections. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        if (!group.isShuttingDown()) {
            loop.submit(() -> List.copyOf(connections).forEach(c -> c.session.unavailable("shutting down")))
                    .awaitUninterruptibly(1, TimeUnit.SECONDS);
            stop();
        }
    }

    /** What the engine's threads tell; nobody listens any more once this is closed. */
    private void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!group.isShuttingDown()) {
                throw e;
            }
        }
    }

    // All below runs on the loop.

    private void connected(Channel channel) {
        if (connections.size() >= settings.connections()) {
            observer.refused(RefuseReason.THROTTLED);
            channel.close();
            return;
        }
        Connection connection = new Connection(channel);
        connections.add(connection);
        observer.connections(connections.size());
        if (tls != null) {
            tls.secure(channel.pipeline());
        }
        channel.pipeline().addLast(connection.decoder, connection);
    }

    private void tick() {
        desk.leadershipMayHaveChanged();
        setThrottled(!surroundings.hasRoom());
        long now = System.nanoTime();
        if (tls != null) {
            tls.step(now);
        }
        for (Connection connection : List.copyOf(connections)) {
            connection.requireProgress(now);
        }
    }

    private void setThrottled(boolean on) {
        if (on != throttled) {
            throttled = on;
            LOG.warn(
                    on
                            ? "blocks are refused: reason=disk reserve reached"
                            : "blocks are taken again: reason=disk has room");
        }
        connections.forEach(c -> c.session.throttled(throttled));
    }

    private void warn(Connection connection, Frame.Refuse refuse) {
        if (!mayWarn()) {
            return;
        }
        LOG.warn(
                "refused: peer={}, client={}, reason={}, epoch={}, detail={}, refusedSinceLastLine={}",
                connection.channel.remoteAddress(),
                connection.session,
                refuse.reason(),
                refuse.epoch(),
                refuse.detail(),
                unwarned);
        unwarned = 0;
    }

    private void warn(Connection connection, String reason) {
        if (mayWarn()) {
            LOG.warn(
                    "refused: peer={}, reason={}, refusedSinceLastLine={}",
                    connection.channel.remoteAddress(),
                    reason,
                    unwarned);
            unwarned = 0;
        }
    }

    /** Whoever sends rubbish again and again must not fill the node's log with it. */
    private boolean mayWarn() {
        long now = System.nanoTime();
        if (warnedNanos != 0 && now - warnedNanos < WARN_NANOS) {
            unwarned++;
            return false;
        }
        warnedNanos = now;
        return true;
    }

    private void answered() {
        setReading();
        flushUnsent();
    }

    /** Of the many connections only those that were answered: the rest may be idle. */
    private void flushUnsent() {
        for (Connection connection : List.copyOf(unsent)) {
            connection.flush();
        }
    }

    /** Reads from sockets only while the blocks of all together are within the budget. */
    private void setReading() {
        boolean read = desk.blockBytes() < (reading ? settings.budgetBytes() : settings.budgetBytes() / 2);
        if (read != reading) {
            reading = read;
            List.copyOf(connections).forEach(Connection::setReading);
        }
    }

    private final class EventLoopAsLoop implements IngestDesk.Loop {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void execute(Runnable task) {
            onLoop(task);
        }

        @Override
        public void schedule(Runnable task, long nanos) {
            Future<?> unused = loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
        }
    }

    /** One socket and its session. */
    private final class Connection extends ChannelInboundHandlerAdapter implements IngestDesk.Line {
        final Channel channel;
        final IngestSession session;
        final FrameDecoder decoder;
        final long sinceNanos = System.nanoTime();
        private long unreadSinceNanos = NONE;
        private boolean tlsFailed;

        Connection(Channel channel) {
            this.channel = channel;
            this.session = desk.open(this);
            this.decoder = new FrameDecoder(
                    session::withinCredit,
                    () -> session.greeting() ? GREETING_FRAME_BYTES : FrameCodec.MAX_FRAME_BYTES,
                    System::nanoTime);
            session.throttled(throttled);
        }

        @Override
        public String peer() {
            return channel.remoteAddress() instanceof InetSocketAddress address
                    ? address.getAddress().getHostAddress() + ":" + address.getPort()
                    : String.valueOf(channel.remoteAddress());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            session.received((Frame) frame);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            desk.advance();
            IngestServer.this.setReading();
            flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            unreadSinceNanos = channel.isWritable() ? NONE : System.nanoTime();
            setReading();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            desk.gone(session);
            connections.remove(this);
            unsent.remove(this);
            observer.connections(connections.size());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            // Who only looks whether the port is open, as load balancers do, is not complained of.
            if (event instanceof SslHandshakeCompletionEvent handshake
                    && !handshake.isSuccess()
                    && !(handshake.cause() instanceof ClosedChannelException)) {
                tlsFailed(handshake.cause());
            }
            context.fireUserEventTriggered(event);
        }

        /** Netty tells of it twice, and closes. */
        private void tlsFailed(Throwable cause) {
            if (!tlsFailed) {
                tlsFailed = true;
                observer.handshakeFailed();
                warn(this, TlsDoor.reason(cause));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof SSLException
                    || cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
                tlsFailed(cause);
                channel.close();
            } else if (cause instanceof DecoderException && cause.getCause() instanceof ProtocolException bad) {
                session.malformed(bad.getMessage());
            } else if (cause instanceof IOException) {
                LOG.debug("connection broke: peer={}", channel.remoteAddress(), cause);
                channel.close();
            } else {
                LOG.error("connection closed by an error: peer={}", channel.remoteAddress(), cause);
                channel.close();
            }
        }

        void setReading() {
            boolean read = reading && session.withinCredit() && channel.isWritable();
            if (read && !channel.config().isAutoRead()) {
                decoder.restart();
            }
            channel.config().setAutoRead(read);
            if (read) {
                try {
                    decoder.goOn();
                } catch (Exception e) {
                    channel.pipeline().fireExceptionCaught(e);
                }
            }
        }

        /** Sends what was said; then it may say more. */
        @Override
        public void flush() {
            unsent.remove(this);
            channel.flush();
            setReading();
        }

        void requireProgress(long now) {
            long partialSince = decoder.partialSinceNanos();
            if (session.greeting() && now - sinceNanos > GREETING_NANOS) {
                session.malformed("no HELLO within " + TimeUnit.NANOSECONDS.toSeconds(GREETING_NANOS) + " s");
            } else if (unreadSinceNanos != NONE && now - unreadSinceNanos > UNREAD_NANOS) {
                session.malformed("answers not read for " + TimeUnit.NANOSECONDS.toSeconds(UNREAD_NANOS) + " s");
            } else if (reading && session.withinCredit() && partialSince != NONE && now - partialSince > FRAME_NANOS) {
                session.malformed("frame not whole after " + TimeUnit.NANOSECONDS.toSeconds(FRAME_NANOS) + " s");
            }
        }

        @Override
        public void send(Frame.FromCollector frame) {
            if (frame instanceof Frame.Refuse refuse) {
                observer.refused(refuse.reason());
                if (refuse.reason() == RefuseReason.BAD_FRAME || refuse.reason() == RefuseReason.CONFLICT) {
                    warn(this, refuse);
                }
            }
            channel.write(Unpooled.wrappedBuffer(FrameCodec.encode(frame)), channel.voidPromise());
            unsent.add(this);
        }

        @Override
        public void close() {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            // Who does not read what was said is not waited for.
            Future<?> unused = loop.schedule(() -> channel.close(), LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        }
    }
}
