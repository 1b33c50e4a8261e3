package dev.raftsman.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of {@link dev.raftsman.load}: is told over its standard input, answers on its standard output. It ends when its
 * input does, so with us at the latest. One thread drives it.
 */
final class LoadChild implements AutoCloseable {
    private static final String END = "";

    private final Process process;
    private final Path log;
    private final Writer in;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private LoadChild(Process process, Path log) {
        this.process = process;
        this.log = log;
        this.in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "load-answers");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * @param classPath of the process
     * @param main its main class
     * @param log where its standard error goes
     */
    static LoadChild start(String classPath, String main, List<String> arguments, Path log) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-Dfile.encoding=UTF-8",
                "-cp",
                classPath,
                main));
        command.addAll(arguments);
        try {
            Files.createDirectories(log.getParent());
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new LoadChild(process, log);
        } catch (IOException e) {
            throw new StandaloneException("cannot start the load: " + e.getMessage(), e);
        }
    }

    private void read() {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = out.readLine()) != null) {
                said.add(line);
            }
        } catch (IOException e) {
            // As good as ended.
        }
        said.add(END);
    }

    long pid() {
        return process.pid();
    }

    /**
     * Asks for a load; {@code begun}, {@code ended} and {@code drained} follow.
     *
     * @param rate events a second, 0 for as fast as they are taken
     * @param lead what is not measured before: both the time and the bytes must have passed
     */
    void ask(double rate, Duration lead, long leadBytes, Duration measure) {
        tell(String.format(Locale.ROOT, "load %.3f %d %d %d", rate, lead.toMillis(), leadBytes, measure.toMillis()));
    }

    Moment total(Duration limit) {
        tell("total");
        return await("total", limit);
    }

    private void tell(String line) {
        try {
            in.write(line + "\n");
            in.flush();
        } catch (IOException e) {
            throw ended(e);
        }
    }

    /** The next moment, which must be the one named. */
    Moment await(String name, Duration limit) {
        try {
            String line = said.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                throw new StandaloneException("waited " + limit.toSeconds() + " s in vain for the load to say " + name);
            }
            if (line.equals(END)) {
                throw ended(null);
            }
            Moment moment = Moment.parse(line);
            if (!moment.name().equals(name)) {
                throw new StandaloneException("the load said " + line + "; expected " + name);
            }
            return moment;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StandaloneException("interrupted", e);
        }
    }

    private StandaloneException ended(IOException cause) {
        String words;
        try {
            List<String> lines = Files.readAllLines(log);
            words = String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
        } catch (IOException e) {
            words = e.toString();
        }
        return new StandaloneException("the load ended; its log " + log + " ends with:\n" + words, cause);
    }

    @Override
    public void close() {
        try {
            in.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException gone) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
