/**
 * An application that logs through Raftsman as it would through anything else: a Spring Boot application with {@code
 * logback-spring.xml}. It sells apples, says so, and ends. README runs it.
 */
package shop;
