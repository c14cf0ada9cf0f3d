namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of the connection to buffers on another node. Each corresponds to a key of <c>conveyor.wire</c> in
/// hocon/conveyor.conf, which documents its default and range.
/// </summary>
public sealed class WireOptions
{
    /// <summary>Gets or sets the most bytes of records in one frame.</summary>
    public long? MaxBatchBytes { get; set; }

    /// <summary>Gets or sets the most bytes of one call or reply, which is sent in as many frames as it needs.</summary>
    public long? MaxMessageBytes { get; set; }

    /// <summary>Gets or sets how long an unconfirmed frame waits before it is sent again.</summary>
    public TimeSpan? ResendInterval { get; set; }

    /// <summary>Gets or sets how long the other node may be silent before calls to it fail.</summary>
    public TimeSpan? GiveUpAfter { get; set; }
}
