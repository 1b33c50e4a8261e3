package dev.raftsman.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The page's files, read and compressed once. They are the same for everybody and hold no data, so they need no token. A
 * browser keeps them and asks each time whether they are still the same. Immutable; any thread.
 */
final class PageFiles {
    /** Nothing but what comes from here is loaded or run, and nothing that stands in the document itself. */
    static final String POLICY =
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

    static final String INDEX = "index.html";
    static final List<String> NAMES = List.of(
            INDEX,
            "console.css",
            "icon.svg",
            "app.js",
            "text.js",
            "format.js",
            "server.js",
            "table.js",
            "plot.js",
            "overview.js",
            "streams.js",
            "agents.js",
            "retention.js",
            "read.js",
            "audit.js");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");
    private static final int ETAG_BYTES = 16;

    private final Map<String, File> files = new HashMap<>();

    private record File(String type, byte[] plain, byte[] gzip, String etag) {}

    PageFiles() {
        for (String name : NAMES) {
            files.put(name, read(name));
        }
    }

    private static File read(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException(name);
            }
            byte[] plain = in.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(plain);
            return new File(
                    TYPES.get(name.substring(name.lastIndexOf('.') + 1)),
                    plain,
                    gzip(plain),
                    HexFormat.of().formatHex(digest, 0, ETAG_BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException("the console's files are not in this jar", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes) {
            {
                def.setLevel(Deflater.BEST_COMPRESSION);
            }
        }) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    /** What every answer of the console carries. */
    static void guard(Headers headers) {
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }

    static boolean takesGzip(HttpExchange exchange) {
        String taken = exchange.getRequestHeaders().getFirst("Accept-Encoding");
        return taken != null && taken.contains("gzip");
    }

    /** @return false if there is no such file */
    boolean answer(HttpExchange exchange, String name) throws IOException {
        File file = files.get(name);
        if (file == null) {
            return false;
        }
        boolean gzip = takesGzip(exchange);
        String etag = '"' + file.etag + (gzip ? "-gzip\"" : "\"");
        Headers headers = exchange.getResponseHeaders();
        guard(headers);
        headers.set("ETag", etag);
        headers.set("Vary", "Accept-Encoding");
        headers.set("Cache-Control", "no-cache");
        if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            exchange.sendResponseHeaders(304, -1);
            return true;
        }
        byte[] body = gzip ? file.gzip : file.plain;
        headers.set("Content-Type", file.type);
        if (gzip) {
            headers.set("Content-Encoding", "gzip");
        }
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        return true;
    }
}
