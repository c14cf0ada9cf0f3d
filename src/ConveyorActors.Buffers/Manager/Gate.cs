using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// A lock that costs one atomic instruction when nobody is in the way: half of what <see cref="Lock"/> costs.
/// </summary>
/// <remarks>
/// Not reentrant. What it guards is short: threads spin for a moment and sleep after that. Who leaves while others spin
/// holds back for a moment, or a thread that comes again and again would shut the others out. Leaving is a plain store
/// followed by a plain load of the number of waiters, which the processor may swap; a thread about to sleep makes up
/// for that with a barrier on all processors between announcing itself and looking once more. From then on either it
/// sees the gate open, or the thread that leaves sees it. The price is paid by those who sleep, not by those who pass.
/// </remarks>
sealed class Gate
{
    const int Spins = 200;
    const int SpinCount = 20;

    readonly SemaphoreSlim bell = new(0);
    int isTaken;
    int waiters; // those who spin and those who sleep
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
            LetIn();
    }

    /// <summary>Enters for the length of a using statement.</summary>
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
    void LetIn()
    {
        // The gate must be seen open before the bell is looked at: who has heard an earlier ring looks at the gate
        // after it.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref sleepers) != 0)
        {
            // One ring is enough for all who leave before somebody hears it: whoever it wakes rings again when it
            // leaves.
            if (bell.CurrentCount == 0)
                bell.Release();
            return;
        }
        for (var i = 0; i < SpinCount && Volatile.Read(ref isTaken) == 0 && Volatile.Read(ref waiters) != 0; i++)
            Thread.SpinWait(1);
    }
}
