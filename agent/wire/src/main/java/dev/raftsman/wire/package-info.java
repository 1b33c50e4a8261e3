/**
 * What sidecar and collector say to each other. Frames over one TCP connection, little endian; the length is checked
 * before anything is allocated.
 *
 * <pre>
 *  0 u32 length of what follows       4 u8 type       5 body
 *
 *  sidecar to collector                                      collector to sidecar
 *   1 HELLO  u8 minVersion u8 maxVersion text tenant agent    65 WELCOME   u8 version text node i64 creditBytes
 *   2 OPEN   i32 request text producer i64 i64 incarnation    66 OPENED    i32 request i64 epoch i64 last
 *            text stream                                      67 RESUMED   i32 request i64 last
 *   3 RESUME i32 request i64 epoch                            68 ACK       i64 epoch i64 through
 *   4 APPEND i64 epoch, then the block to the end             69 REFUSE    i32 request i64 epoch u8 reason i64 expected
 *   5 CLOSE  i32 request i64 epoch i64 last u8 lossReason                  i64 retryAfterMillis text leader text detail
 *            i64 lossCount                                    70 CLOSED    i32 request
 *   6 FORGET i32 request i64 epoch                            71 FORGOTTEN i32 request
 *   7 PING   i64 nonce                                        72 PONG      i64 nonce
 *   8 LAG    text stream i64 bytes i64 milliseconds           73 CREDIT    i64 bytes
 *  text = u16 length, UTF-8 bytes
 * </pre>
 *
 * <p>HELLO comes first and once; a collector that is not the leader answers it with REFUSE(NOT_LEADER, leader) and
 * closes. WELCOME names the version of the connection, the newest that both speak; LAG is part of version 2, the rest of
 * version 1. An epoch is opened (or resumed) before its first APPEND. APPENDs are answered by ACK, which is cumulative:
 * every sequence up to {@code through} is on the disks of a majority; or by REFUSE with the epoch. Blocks that wait for
 * their answer may hold at most the credit of WELCOME, changed by CREDIT. LAG says how far the sidecar is behind with a
 * stream, for people to see; nothing depends on it and nothing answers it. Both sides are state machines on these
 * records; only the mains join them to sockets.
 */
package dev.raftsman.wire;
