package dev.raftsman.query;

import com.sun.net.httpserver.HttpExchange;
import dev.raftsman.catalog.CatalogJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Short answers in JSON. */
final class Answers {
    private static final String JSON = "application/json";

    /** What is wrong. */
    record Failed(String error) {}

    private Answers() {}

    static void error(HttpExchange exchange, int code, String what) throws IOException {
        reply(exchange, code, new Failed(what));
    }

    static void reply(HttpExchange exchange, int code, Record value) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        CatalogJson.write(body, value);
        reply(exchange, code, body.toByteArray());
    }

    static void reply(HttpExchange exchange, int code, byte[] json) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", JSON);
        exchange.sendResponseHeaders(code, json.length);
        exchange.getResponseBody().write(json);
    }
}
