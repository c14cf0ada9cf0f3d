namespace ConveyorActors.Streams;

/// <summary>The settings of a <see cref="BufferFlow"/>: those of a sink and of a source.</summary>
public sealed record BufferFlowSettings
{
    /// <summary>Gets the settings for putting records into the buffer. Default: the defaults of the type.</summary>
    public BufferSinkSettings In
    {
        get;
        init =>
            field =
                value ?? throw new ArgumentNullException(nameof(In), "In is null; it must be a BufferSinkSettings.");
    } = new();

    /// <summary>Gets the settings for taking records out of the buffer. Default: the defaults of the type.</summary>
    public BufferSourceSettings Out
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(nameof(Out), "Out is null; it must be a BufferSourceSettings.");
    } = new();
}
