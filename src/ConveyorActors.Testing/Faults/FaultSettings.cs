namespace ConveyorActors.Testing.Faults;

/// <summary>Specifies how often calls fail, and how.</summary>
public sealed record FaultSettings
{
    /// <summary>
    /// Gets the seed that decides which calls fail. The same seed makes the same calls fail, for example the third
    /// offer of a source to a stage, independent of other threads. Default 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>Gets the share of calls that are delayed. From 0 to 1; default 0.</summary>
    public double DelayRate
    {
        get;
        init => field = ValidateRate(nameof(DelayRate), value);
    }

    /// <summary>Gets the longest delay; each delay is between zero and this value. From 1 ms; default 100 ms.</summary>
    public TimeSpan MaxDelay
    {
        get;
        init =>
            field =
                value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1)
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(MaxDelay),
                        value,
                        $"MaxDelay is {value}; it must be from 1 ms to one day."
                    );
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets the share of offers that are refused. From 0 to 1; default 0.</summary>
    public double RefusalRate
    {
        get;
        init => field = ValidateRate(nameof(RefusalRate), value);
    }

    /// <summary>
    /// Gets the status of refused offers: one that can end (<see cref="OfferResult.CanRetry"/>). Default
    /// <see cref="OfferStatus.StoreFailing"/>, which applies to any offer. An offer with credits is never refused for
    /// lack of room (StageFull, SourceFull, GlobalFull).
    /// </summary>
    public OfferStatus RefusalStatus
    {
        get;
        init =>
            field = new OfferResult(value, 0, 0, 0, default, 0).CanRetry
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(RefusalStatus),
                    value,
                    $"RefusalStatus is {value}; it must be a refusal that can end, such as StoreFailing or StageFull."
                );
    } = OfferStatus.StoreFailing;

    /// <summary>Gets the share of calls whose reply is lost. From 0 to 1; default 0.</summary>
    public double LostReplyRate
    {
        get;
        init => field = ValidateRate(nameof(LostReplyRate), value);
    }

    /// <summary>Gets the share of calls that end in a crash. From 0 to 1; default 0.</summary>
    public double CrashRate
    {
        get;
        init => field = ValidateRate(nameof(CrashRate), value);
    }

    static double ValidateRate(string name, double value) =>
        value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 0 to 1.");
}
