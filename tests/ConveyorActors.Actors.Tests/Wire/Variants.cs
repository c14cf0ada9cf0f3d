using System.Collections;
using System.Reflection;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>Copies of a message that differ from it in one member, however deep.</summary>
static class Variants
{
    /// <summary>Each member at each extreme that its type and its owner allow.</summary>
    public static IEnumerable<(string Path, object Variant)> Allowed(object message, string path) =>
        Of(message, path, ExtremesOf);

    /// <summary>Each member at a value that it cannot have, though its type would let it.</summary>
    public static IEnumerable<(string Path, object Variant)> Forbidden(object message, string path) =>
        Of(
            message,
            path,
            static property =>
                property.PropertyType.IsEnum ? [Enum.ToObject(property.PropertyType, 200)]
                : property.PropertyType.IsValueType || Members.IsNullable(property) ? []
                : [null]
        );

    static IEnumerable<(string Path, object Variant)> Of(
        object owner,
        string path,
        Func<PropertyInfo, IEnumerable<object?>> values
    )
    {
        foreach (var property in Members.Given(owner.GetType()).Where(p => p.SetMethod is not null))
        {
            var at = $"{path}.{property.Name}";
            foreach (var value in values(property))
                if (Members.With(owner, property, value) is { } variant)
                    yield return (at, variant);

            // A member's own members; of a list those of its first element.
            var (inner, place, put) = property.GetValue(owner) switch
            {
                ReadOnlyMemory<ConveyorRecord> records => (
                    records.Span[0],
                    $"{at}[0]",
                    (Func<object, object>)(
                        first =>
                            (ReadOnlyMemory<ConveyorRecord>)
                                (ConveyorRecord[])[(ConveyorRecord)first, .. records.ToArray()[1..]]
                    )
                ),
                IEnumerable and not string and var list when list.GetType().IsArray || list is IList => FirstOf(
                    (IList)list,
                    at
                ),
                { } whole => (whole, at, static changed => changed),
                null => (null, at, static changed => changed),
            };
            if (inner is null || !Members.IsComposite(inner.GetType()))
                continue;
            foreach (var (innerPath, changed) in Of(inner, place, values))
                if (Members.With(owner, property, put(changed)) is { } variant)
                    yield return (innerPath, variant);
        }
    }

    static (object?, string, Func<object, object>) FirstOf(IList list, string path) =>
        (
            list[0],
            $"{path}[0]",
            changed =>
            {
                var copy = Array.CreateInstance(list[0]!.GetType(), list.Count);
                list.CopyTo(copy, 0);
                copy.SetValue(changed, 0);
                return copy;
            }
        );

    static IEnumerable<object?> ExtremesOf(PropertyInfo property)
    {
        if (Members.IsNullable(property))
            yield return null;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        foreach (var extreme in ExtremesOf(type))
            yield return extreme;
    }

    static IEnumerable<object> ExtremesOf(Type type) =>
        type.IsEnum ? Enum.GetValues(type).Cast<object>()
        : type == typeof(bool) ? [false, true]
        : type == typeof(int) ? [0, -1, int.MinValue, int.MaxValue]
        : type == typeof(long) ? [0L, -1L, long.MinValue, long.MaxValue]
        : type == typeof(double) ? [0.0, double.NaN, double.PositiveInfinity, double.Epsilon, double.MinValue, 0.1, 1.0]
        : type == typeof(string)
            ? ["", " ", "\0", "漢字 🚚", "half \uD83D", "\uDE9A half", "\uDBFF\uDFFF", new string('x', 100_000)]
        : type == typeof(Guid) ? [Guid.Empty, new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff")]
        : type == typeof(TimeSpan)
            ?
            [
                TimeSpan.Zero,
                TimeSpan.FromTicks(-1),
                TimeSpan.MinValue,
                TimeSpan.MaxValue,
                TimeSpan.FromMilliseconds(1),
            ]
        : type == typeof(DateTimeOffset) ? Moments
        : type == typeof(BackpressureSignal)
            ? [BackpressureSignal.None, BackpressureSignal.Pause, Slow(1), Slow(86_400_000)]
        : type == typeof(ReadOnlyMemory<byte>)
            ?
            [
                ReadOnlyMemory<byte>.Empty,
                new ReadOnlyMemory<byte>([1, 2, 3, 4], 1, 2),
                new ReadOnlyMemory<byte>(new byte[100_000]),
            ]
        : type == typeof(ReadOnlyMemory<ConveyorRecord>) ? [ReadOnlyMemory<ConveyorRecord>.Empty]
        : type == typeof(IReadOnlyList<string>) ? [Array.Empty<string>(), new[] { "" }]
        : type == typeof(IReadOnlyList<int>) ? [Array.Empty<int>(), new[] { 0, int.MinValue, int.MaxValue }]
        : type == typeof(IReadOnlyList<long>) ? [Array.Empty<long>(), new[] { 0, long.MinValue, long.MaxValue }]
        : type == typeof(IReadOnlyDictionary<string, string>)
            ? [new Dictionary<string, string>(), new Dictionary<string, string> { [""] = "", ["\uD83D"] = "\uDE9A" }]
        : type == typeof(IReadOnlyDictionary<string, long>)
            ? [new Dictionary<string, long>(), new Dictionary<string, long> { [""] = long.MinValue }]
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? [Array.CreateInstance(type.GetGenericArguments()[0], 0)]
        : type == typeof(IActorRef) || Members.IsComposite(type) ? []
        : throw new NotSupportedException($"Which values of {type} are extreme? Variants must know.");

    static IEnumerable<object> Moments =>
        [
            default(DateTimeOffset),
            DateTimeOffset.MaxValue,
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddTicks(-1),
            // The local time, not only the moment, must lie within the years 1 to 9999.
            new DateTimeOffset(DateTime.MinValue.AddHours(14), TimeSpan.FromHours(14)),
            new DateTimeOffset(DateTime.MinValue, TimeSpan.FromHours(-14)),
            new DateTimeOffset(DateTime.MaxValue, TimeSpan.FromHours(14)),
            new DateTimeOffset(DateTime.MaxValue.AddHours(-14), TimeSpan.FromHours(-14)),
            new DateTimeOffset(2031, 5, 17, 1, 2, 3, TimeSpan.FromMinutes(-210)),
        ];

    static BackpressureSignal Slow(int milliseconds) =>
        BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(milliseconds));
}
