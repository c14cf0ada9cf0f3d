namespace ConveyorActors.Testing.Faults;

/// <summary>One life of the simulated process, from its start to its crash.</summary>
sealed class ServiceIncarnation
{
    readonly CancellationTokenSource end = new();
    InjectedFault? crash;

    /// <summary>Gets the leases and credits that were handed out in this life.</summary>
    public OpenLeasesAndCredits Open { get; } = new();

    /// <summary>Gets the token that is cancelled when the process crashes.</summary>
    public CancellationToken Ended => end.Token;

    /// <summary>Gets whether the process has crashed.</summary>
    public bool IsOver => end.IsCancellationRequested;

    /// <summary>Ends this life, and with it every waiting call.</summary>
    public async Task EndAsync(InjectedFault fault)
    {
        crash = fault;
        await end.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Returns the exception for calls of this life after its end.</summary>
    public InjectedFaultException CreateFailure() =>
        new(crash ?? throw new InvalidOperationException("The process has not crashed."));
}
