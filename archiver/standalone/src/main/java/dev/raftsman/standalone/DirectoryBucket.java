package dev.raftsman.standalone;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * As much of an S3 server as a reader of an archive needs, on loopback: GET of the objects in a directory, whole or of a range
 * {@code bytes=a-b}, and the answer that there is none. It believes every signature: for rehearsals, with data of their own.
 */
final class DirectoryBucket implements AutoCloseable {
    private static final String NAME = "rehearsal";

    private final Path objects;
    private final HttpServer server;

    DirectoryBucket(Path objects) throws IOException {
        this.objects = objects.toAbsolutePath().normalize();
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/" + NAME + "/", this::get);
        server.start();
    }

    /** What a policy's target says to read from it. */
    String target() {
        return ("{type: s3, bucket: %s, endpoint: \"http://127.0.0.1:%d\", pathStyle: true, accessKeyId: nobody,"
                        + " secretAccessKey: nothing}")
                .formatted(NAME, server.getAddress().getPort());
    }

    private void get(HttpExchange exchange) throws IOException {
        try (exchange) {
            Path file = objects.resolve(exchange.getRequestURI().getPath().substring(NAME.length() + 2))
                    .normalize();
            if (!exchange.getRequestMethod().equals("GET") || !file.startsWith(objects) || !Files.isRegularFile(file)) {
                byte[] none = "<Error><Code>NoSuchKey</Code><Message>there is none</Message></Error>"
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/xml");
                exchange.sendResponseHeaders(404, none.length);
                exchange.getResponseBody().write(none);
                return;
            }
            String range = exchange.getRequestHeaders().getFirst("Range");
            long length = Files.size(file);
            String[] ends = range == null
                    ? new String[0]
                    : range.substring("bytes=".length()).split("-");
            long from = range == null ? 0 : Long.parseLong(ends[0]);
            byte[] bytes = new byte[(int) ((range == null ? length : Long.parseLong(ends[1]) + 1) - from)];
            try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
                in.seek(from);
                in.readFully(bytes);
            }
            exchange.getResponseHeaders().set("ETag", "\"" + from + "\"");
            if (range != null) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (from + bytes.length - 1) + "/" + length);
            }
            exchange.sendResponseHeaders(range == null ? 200 : 206, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
