namespace ConveyorActors.Testing;

/// <summary>
/// A clock whose time changes only when a test advances it. Timers fire in the order of their times, each at its own
/// time, before <see cref="Advance"/> returns.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Callbacks run outside the lock, on the thread that advances the clock; a timer that is
/// due at once runs on the thread pool, as with the system clock, so that code which starts a timer under its own lock
/// is not called back under that lock.
/// </remarks>
public sealed class FakeClock(DateTimeOffset start) : TimeProvider
{
    readonly Lock gate = new();
    readonly List<FakeTimer> armed = [];
    DateTimeOffset now = start;
    DateTimeOffset target = start;
    long armings;

    /// <summary>Initializes a clock whose time is noon of January 1, 2030, UTC.</summary>
    public FakeClock()
        : this(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero)) { }

    /// <summary>Gets the time at which the clock was created.</summary>
    public DateTimeOffset Start { get; } = start;

    /// <summary>Gets the number of timers that are waiting for their time.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (gate)
                return armed.Count;
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (gate)
            return (now - Start).Ticks;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Advances the time and fires the timers that become due on the way. Several threads may call this method; their
    /// steps add up.
    /// </summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (gate)
            target += by;
        while (FindNextDue() is { } timer)
            timer.Fire();
    }

    FakeTimer? FindNextDue()
    {
        lock (gate)
        {
            FakeTimer? next = null;
            foreach (var timer in armed)
            {
                if (timer.Due <= target && (next is null || timer.CompareTo(next) < 0))
                    next = timer;
            }

            if (next is null)
            {
                now = target;
                return null;
            }

            if (next.Due > now)
                now = next.Due;
            next.Rearm_NeedsLock();
            return next;
        }
    }

    sealed class FakeTimer(FakeClock clock, TimerCallback callback, object? state) : ITimer, IComparable<FakeTimer>
    {
        TimeSpan period;
        long arming;
        bool disposed;

        public DateTimeOffset Due { get; private set; }

        public int CompareTo(FakeTimer? other) =>
            other is null ? 1
            : Due != other.Due ? Due.CompareTo(other.Due)
            : arming.CompareTo(other.arming);

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            Check(dueTime);
            Check(newPeriod);
            lock (clock.gate)
            {
                if (disposed)
                    return false;
                clock.armed.Remove(this);
                period = newPeriod;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                if (dueTime > TimeSpan.Zero)
                {
                    Arm_NeedsLock(clock.now + dueTime);
                    return true;
                }

                if (Repeats)
                    Arm_NeedsLock(clock.now + period);
            }

            ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            return true;
        }

        public void Rearm_NeedsLock()
        {
            clock.armed.Remove(this);
            if (Repeats)
                Arm_NeedsLock(Due + period);
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
                clock.armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        bool Repeats => period > TimeSpan.Zero;

        void Arm_NeedsLock(DateTimeOffset due)
        {
            Due = due;
            arming = ++clock.armings;
            clock.armed.Add(this);
        }

        static void Check(TimeSpan value)
        {
            if (value != Timeout.InfiniteTimeSpan)
                ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        }
    }
}
