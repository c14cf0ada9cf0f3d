namespace ConveyorActors.Streams;

/// <summary>How a <see cref="BufferFlow"/> works: as a sink and a source do.</summary>
public sealed record BufferFlowSettings
{
    /// <summary>How records go into the buffer. Default: that type's defaults.</summary>
    public BufferSinkSettings In
    {
        get;
        init =>
            field =
                value ?? throw new ArgumentNullException(nameof(In), "In is null; it must be a BufferSinkSettings.");
    } = new();

    /// <summary>How records come out of the buffer. Default: that type's defaults.</summary>
    public BufferSourceSettings Out
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(nameof(Out), "Out is null; it must be a BufferSourceSettings.");
    } = new();
}
