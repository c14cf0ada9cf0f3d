namespace ConveyorActors.Testing.Faults;

/// <summary>The time from one start of the pretended process to its crash.</summary>
sealed class ServiceLife
{
    readonly CancellationTokenSource end = new();
    InjectedFault? crash;

    /// <summary>Gets the leases and credits that were handed out in this life.</summary>
    public Handouts Handouts { get; } = new();

    /// <summary>Gets what is cancelled when the process crashes.</summary>
    public CancellationToken Ended => end.Token;

    /// <summary>Gets whether the process has crashed.</summary>
    public bool IsOver => end.IsCancellationRequested;

    /// <summary>Ends this life, and with it every call that waits.</summary>
    public async Task EndAsync(InjectedFault fault)
    {
        crash = fault;
        await end.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Returns what calls of this life fail with once it is over.</summary>
    public InjectedFaultException Failure() =>
        new(crash ?? throw new InvalidOperationException("The process has not crashed."));
}
