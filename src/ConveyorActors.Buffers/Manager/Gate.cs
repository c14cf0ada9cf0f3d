using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// A lock that costs one atomic instruction when it is not contended: half the cost of <see cref="Lock"/>.
/// </summary>
/// <remarks>
/// Not reentrant. The guarded sections are short: threads spin for a moment and then sleep. A thread that leaves while
/// others spin waits for a moment, or a thread that enters again and again would starve the others. Leaving is a plain
/// store followed by a plain load of the number of waiters, which the processor may reorder; a thread about to sleep
/// compensates with a barrier on all processors between announcing itself and checking the gate again. After the
/// barrier either that thread sees the open gate, or the leaving thread sees the sleeper. The cost is paid by threads
/// that sleep, not by those that enter without waiting.
/// </remarks>
sealed class Gate
{
    const int Spins = 200;
    const int SpinCount = 20;

    readonly SemaphoreSlim bell = new(0);
    int isTaken;
    int waiters; // threads that spin and threads that sleep
    int sleepers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (Interlocked.CompareExchange(ref isTaken, 1, 0) != 0)
            EnterSlowly();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit()
    {
        Volatile.Write(ref isTaken, 0);
        if (Volatile.Read(ref waiters) != 0)
            YieldToWaiters();
    }

    /// <summary>Enters the gate for the scope of a using statement.</summary>
    public Scope Pass()
    {
        Enter();
        return new(this);
    }

    public readonly ref struct Scope(Gate gate)
    {
        public void Dispose() => gate.Exit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void EnterSlowly()
    {
        Interlocked.Increment(ref waiters);
        if (Environment.ProcessorCount == 1 || !Spin())
            Sleep();
        Interlocked.Decrement(ref waiters);
    }

    bool Spin()
    {
        for (var i = 0; i < Spins; i++)
        {
            if (TryEnter())
                return true;
            Thread.SpinWait(1);
        }
        return false;
    }

    void Sleep()
    {
        Interlocked.Increment(ref sleepers);
        Interlocked.MemoryBarrierProcessWide();
        while (!TryEnter())
            bell.Wait();
        Interlocked.Decrement(ref sleepers);
    }

    bool TryEnter() => Volatile.Read(ref isTaken) == 0 && Interlocked.CompareExchange(ref isTaken, 1, 0) == 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    void YieldToWaiters()
    {
        // The open gate must be visible before the bell is checked: a thread woken by an earlier ring checks the gate
        // after that.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref sleepers) != 0)
        {
            // One ring is enough for all threads that leave before it wakes a sleeper, because the woken thread rings
            // again when it leaves.
            if (bell.CurrentCount == 0)
                bell.Release();
            return;
        }
        for (var i = 0; i < SpinCount && Volatile.Read(ref isTaken) == 0 && Volatile.Read(ref waiters) != 0; i++)
            Thread.SpinWait(1);
    }
}
