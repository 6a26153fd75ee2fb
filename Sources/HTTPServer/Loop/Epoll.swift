// SPDX-License-Identifier: Apache-2.0
import CEpoll
import Glibc

/// The kernel's set of sockets that a loop waits for, edge-triggered: a socket is told of once,
/// when something has come, and again when more comes or `modify` asks. (Level-triggered, the
/// kernel asks each socket of a batch once more in the next wait, to find it emptied.)
///
/// The word that comes back with an event holds the descriptor and the registration's generation,
/// so that a late event for a closed descriptor is not taken for its successor.
final class Epoll {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue)
        /// Only the client's closing of its side.
        static let end = Interest(rawValue: EPOLLRDHUP.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
    }

    struct Event {
        let descriptor: Int32
        let generation: UInt32
        let isReadable: Bool
        /// The client has closed its side; behind what has come there is an end to read.
        let isAtEnd: Bool
        let isWritable: Bool
        /// Both directions are shut, or the socket failed.
        let isHungUp: Bool
    }

    /// What no connection has as its generation.
    static let listenerGeneration: UInt32 = 0

    let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init() throws(HTTPServerError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        events = .allocate(capacity: 256)
        events.initialize(repeating: epoll_event())
    }

    deinit {
        events.deallocate()
        close(descriptor)
    }

    func add(_ socket: Int32, _ interest: Interest, generation: UInt32) -> Bool {
        control(EPOLL_CTL_ADD, socket, interest, generation)
    }

    /// Adds a listening socket that other sets may hold as well: level-triggered, so that what a
    /// bounded batch leaves in its queue is told of again, and exclusive, so that of the threads
    /// that wait for it one is woken. Its generation is `listenerGeneration`.
    func addListener(_ socket: Int32) -> Bool {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue
        event.data.u64 = Self.word(socket, Self.listenerGeneration)
        return epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event) == 0
    }

    func remove(_ socket: Int32) {
        var event = epoll_event()
        epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, &event)
    }

    /// Sets what is waited for, and has the socket told of if it is ready now.
    func modify(_ socket: Int32, _ interest: Interest, generation: UInt32) {
        _ = control(EPOLL_CTL_MOD, socket, interest, generation)
    }

    /// Waits up to `milliseconds`; returns how many events there are.
    func wait(milliseconds: Int32) -> Int {
        let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), milliseconds)
        return count < 0 ? 0 : Int(count)
    }

    subscript(index: Int) -> Event {
        let event = events[index]
        return Event(
            descriptor: Int32(truncatingIfNeeded: event.data.u64),
            generation: UInt32(truncatingIfNeeded: event.data.u64 >> 32),
            isReadable: event.events & EPOLLIN.rawValue != 0,
            isAtEnd: event.events & EPOLLRDHUP.rawValue != 0,
            isWritable: event.events & EPOLLOUT.rawValue != 0,
            isHungUp: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
    }

    private func control(
        _ operation: Int32, _ socket: Int32, _ interest: Interest, _ generation: UInt32
    ) -> Bool {
        var event = epoll_event()
        event.events = interest.rawValue | EPOLLET.rawValue
        event.data.u64 = Self.word(socket, generation)
        return epoll_ctl(descriptor, operation, socket, &event) == 0
    }

    private static func word(_ socket: Int32, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: socket))
    }
}
