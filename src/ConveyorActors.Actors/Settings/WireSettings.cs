using Akka.Configuration;

namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The settings of the connection between the port and buffers on another node (<c>conveyor.wire</c>). Immutable; each
/// value is validated when it is set.
/// </summary>
public sealed record WireSettings
{
    /// <summary>The bytes of a message in addition to its records: names, paths and numbers.</summary>
    internal const int Overhead = 4_096;

    internal const string Key = "conveyor.wire.max-batch-bytes",
        FrameKey = "akka.remote.dot-netty.tcp.maximum-frame-size";

    const int DefaultFrame = 128_000;

    /// <summary>
    /// Gets the most bytes of records in one message between nodes, and so of one record. Null (auto): three quarters
    /// of Akka's frame size. From 1,024 bytes.
    /// </summary>
    public long? MaxBatchBytes
    {
        get;
        init =>
            field = value is null or >= 1_024 and <= int.MaxValue
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxBatchBytes),
                    value,
                    $"MaxBatchBytes is {value}; it must be from 1,024 bytes to 2 GiB."
                );
    }

    /// <summary>
    /// Gets the most bytes of one call or reply, which is sent in as many frames as it needs. Default 64 MiB; from 64
    /// KiB to 1 GiB.
    /// </summary>
    public long MaxMessageBytes
    {
        get;
        init =>
            field = value is >= 65_536 and <= 1 << 30
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxMessageBytes),
                    value,
                    $"MaxMessageBytes is {value}; it must be from 64 KiB to 1 GiB."
                );
    } = 64 << 20;

    /// <summary>
    /// Gets how long an unconfirmed frame waits before it is sent again. Default 1 s; from 1 ms to one hour.
    /// </summary>
    public TimeSpan ResendInterval
    {
        get;
        init => field = Validate(value, nameof(ResendInterval));
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets how long a node may be silent before waits for it end with an error, and its leases are returned. Default
    /// 15 s; from 1 ms to one hour.
    /// </summary>
    public TimeSpan GiveUpAfter
    {
        get;
        init => field = Validate(value, nameof(GiveUpAfter));
    } = TimeSpan.FromSeconds(15);

    static TimeSpan Validate(TimeSpan value, string name) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from 1 ms to one hour."
            );

    internal WireSettings Validate() =>
        ResendInterval < GiveUpAfter
            ? this
            : throw new ArgumentException(
                $"ResendInterval is {ResendInterval} and GiveUpAfter is {GiveUpAfter}; ResendInterval must be the shorter one.",
                nameof(ResendInterval)
            );

    /// <summary>
    /// Returns the most bytes of records in one message, and checks that they fit into the frame size of the system's
    /// remoting.
    /// </summary>
    /// <param name="config">The whole system's configuration, with the frame size of remoting if that is on.</param>
    /// <exception cref="ConfigurationException">
    /// The setting does not fit into the frame; the message names both settings.
    /// </exception>
    internal int GetBatchBytes(Config config)
    {
        var isSet = config.HasPath(FrameKey);
        var frame = isSet ? config.GetByteSize(FrameKey) ?? DefaultFrame : DefaultFrame;
        if (MaxBatchBytes is not { } bytes)
            return (int)Math.Clamp(frame / 4 * 3, 1_024, int.MaxValue / 2);
        return !isSet || bytes + Overhead <= frame
            ? (int)bytes
            : throw new ConfigurationException(
                FormattableString.Invariant(
                    $"{Key} is {bytes} and {FrameKey} is {frame}; {Key} must be at least {Overhead} bytes lower, because a message needs room for more than its records."
                )
            );
    }
}
