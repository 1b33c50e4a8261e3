package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A block of commands in README, as somebody copies it. What comments of Markdown on the lines before it say is for whoever
 * runs README: {@code not run here: WHY}, {@code run by the campaign}, {@code runs until Ctrl-C}, or {@code run beside WHAT},
 * which must run meanwhile.
 *
 * @param section the heading above it of the second level
 * @param line of its first command, from 1
 * @param leftOut why it is not run; null if it is
 * @param campaign whether it takes minutes
 * @param beside what must run beside it, in this order
 * @param endless whether it runs until somebody ends it
 */
record ReadmeBlock(
        String section,
        int line,
        String leftOut,
        boolean campaign,
        List<String> beside,
        boolean endless,
        List<String> commands) {
    private static final Pattern TAG = Pattern.compile(
            "\\s*<!-- (not run here: |run by the campaign|run beside |runs until Ctrl-C)(.*?) ?-->\\s*");
    private static final Pattern FIGURE = Pattern.compile("[0-9]+([.,][0-9]+)*");

    /** A command of ours whose output the reader sees. */
    private static final Pattern SHOWN = Pattern.compile("(\\./)?raftsman [^|>]*");

    ReadmeBlock {
        beside = List.copyOf(beside);
        commands = List.copyOf(commands);
    }

    static List<ReadmeBlock> in(String markdown) {
        List<ReadmeBlock> blocks = new ArrayList<>();
        List<String> lines = markdown.lines().toList();
        String section = "";
        List<String> before = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.strip().startsWith("<!--")) {
                before.add(line);
                continue;
            }
            if (line.startsWith("## ")) {
                section = line.substring(3).strip();
            }
            if (line.strip().equals("```sh")) {
                int indent = line.indexOf('`');
                List<String> commands = new ArrayList<>();
                int first = i + 2;
                while (!lines.get(++i).strip().equals("```")) {
                    String command = lines.get(i);
                    commands.add(command.substring(Math.min(indent, command.length())));
                }
                blocks.add(of(section, first, before, commands));
            } else if (line.strip().startsWith("```")) {
                while (!lines.get(++i).strip().equals("```")) {} // Of another language.
            }
            before.clear();
        }
        return blocks;
    }

    private static ReadmeBlock of(String section, int line, List<String> before, List<String> commands) {
        String leftOut = null;
        boolean campaign = false;
        boolean endless = false;
        List<String> beside = new ArrayList<>();
        for (String comment : before) {
            Matcher tag = TAG.matcher(comment);
            if (!tag.matches()) {
                throw new IllegalArgumentException("README, above line " + line + ": what is " + comment.strip() + "?");
            }
            switch (tag.group(1).strip()) {
                case "not run here:" -> leftOut = tag.group(2).strip();
                case "run by the campaign" -> campaign = true;
                case "runs until Ctrl-C" -> endless = true;
                default -> beside.add(tag.group(2).strip());
            }
        }
        return new ReadmeBlock(section, line, leftOut, campaign, beside, endless, commands);
    }

    /** What must run meanwhile, itself included if it does not end. */
    List<String> running() {
        return endless
                ? Stream.concat(beside.stream(), Stream.of(withoutComment(String.join("\n", commands))))
                        .toList()
                : beside;
    }

    /** What its output must hold, numbers aside: comments that stand alone and read like a line of ours. */
    List<String> promises() {
        return commands.stream()
                .filter(command -> command.matches("# .*[a-z]=[0-9].*"))
                .map(command -> withoutFigures(command.substring(2)))
                .toList();
    }

    static String withoutFigures(String text) {
        return FIGURE.matcher(text).replaceAll("N");
    }

    static String withoutComment(String command) {
        return command.replaceFirst("\\s+#.*", "");
    }

    /** Whether a command of ours ends with this line and prints to whoever typed it. */
    static boolean prints(String command) {
        return SHOWN.matcher(withoutComment(command)).matches();
    }
}
