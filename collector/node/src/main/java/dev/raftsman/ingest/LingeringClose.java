package dev.raftsman.ingest;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * After a failed handshake ends only the sending half, and reads on until the client has closed. With TLS 1.3 the client
 * believes the handshake done while its certificate is looked at here, and has sent HELLO already: closing a socket with
 * unread bytes resets the connection, and the client would lose the alert that says why.
 */
final class LingeringClose extends ChannelDuplexHandler {
    private static final long MOST_MILLIS = 1_000;

    private final Future<?> handshake;
    private boolean lingering;

    LingeringClose(Future<?> handshake) {
        this.handshake = handshake;
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (lingering) {
            context.channel().closeFuture().addListener(closed -> promise.trySuccess());
        } else if (handshake.cause() != null
                && context.channel() instanceof DuplexChannel socket
                && socket.isActive()) {
            lingering = true;
            socket.config().setAutoRead(true);
            socket.shutdownOutput();
            Future<?> unused =
                    context.executor().schedule(() -> context.close(promise), MOST_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            context.close(promise);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (lingering) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }
}
