using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts points in time, ids and actor references.</summary>
static class Scalars
{
    static readonly long Epoch = DateTimeOffset.UnixEpoch.UtcTicks;

    public static Proto.Moment ToProto(this DateTimeOffset moment) =>
        new() { Unix100Ns = moment.UtcTicks - Epoch, OffsetMinutes = moment.TotalOffsetMinutes };

    public static DateTimeOffset FromProto(
        this Proto.Moment? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    )
    {
        if (proto is null)
            throw Field.CreateMissingError(field);
        if (proto.OffsetMinutes is < -14 * 60 or > 14 * 60)
            throw Field.CreateWrongError($"{field}.OffsetMinutes", proto.OffsetMinutes, "from -840 to 840");
        // The range of the difference is checked before the sum is computed, because the sum could overflow a long.
        var offset = proto.OffsetMinutes * TimeSpan.TicksPerMinute;
        if (
            proto.Unix100Ns < DateTimeOffset.MinValue.UtcTicks - Epoch - Math.Min(offset, 0)
            || proto.Unix100Ns > DateTimeOffset.MaxValue.UtcTicks - Epoch - Math.Max(offset, 0)
        )
            throw Field.CreateWrongError($"{field}.Unix100Ns", proto.Unix100Ns, "a moment of the years 1 to 9999");
        return new(proto.Unix100Ns + Epoch + offset, new TimeSpan(offset));
    }

    public static ByteString ToProto(this Guid id)
    {
        if (id == Guid.Empty)
            return ByteString.Empty;
        var bytes = new byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static Guid FromProto(this ByteString bytes, [CallerArgumentExpression(nameof(bytes))] string field = "") =>
        bytes.Length switch
        {
            0 => Guid.Empty,
            16 => new(bytes.Span, bigEndian: true),
            _ => throw Field.CreateWrongError(field, $"{bytes.Length} bytes long", "a Guid of 16 bytes"),
        };

    public static string ToProto(this IActorRef? actor, [CallerArgumentExpression(nameof(actor))] string field = "") =>
        Akka.Serialization.Serialization.SerializedActorPath(actor ?? throw Field.CreateMissingError(field));

    /// <summary>
    /// Returns the actor at a path. An actor that no longer exists resolves to a reference that behaves like dead
    /// letters.
    /// </summary>
    public static IActorRef FromProto(
        this ActorResolver resolve,
        string path,
        [CallerArgumentExpression(nameof(path))] string field = ""
    )
    {
        if (path.Length == 0)
            throw Field.CreateMissingError(field);
        return ActorPath.TryParse(path, out _)
            ? resolve(path)
            : throw Field.CreateWrongError(field, $"'{path}'", "an actor's path");
    }
}

/// <summary>Resolves the actor at a serialized path, as seen from this node.</summary>
delegate IActorRef ActorResolver(string path);
