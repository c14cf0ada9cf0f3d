using System.Collections;
using System.Reflection;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// Compares messages by content: records with lists, memory or dictionaries are not equal by themselves.
/// </summary>
static class Same
{
    public static void Check(object expected, object actual)
    {
        Assert.IsType(expected.GetType(), actual);
        if (Difference(expected, actual, expected.GetType().Name) is { } difference)
            Assert.Fail(difference);
    }

    /// <summary>Where two values differ first; null when they do not.</summary>
    public static string? Difference(object? expected, object? actual, string path) =>
        (expected, actual) switch
        {
            (null, null) => null,
            (null, _) or (_, null) => $"{path}: {expected ?? "null"} became {actual ?? "null"}",
            (DateTimeOffset e, DateTimeOffset a) => Unless(e.EqualsExact(a), e, a, path),
            (string e, string a) => Unless(string.Equals(e, a, StringComparison.Ordinal), e, a, path),
            (ReadOnlyMemory<byte> e, ReadOnlyMemory<byte> a) => Unless(
                e.Span.SequenceEqual(a.Span),
                Convert.ToHexString(e.Span),
                Convert.ToHexString(a.Span),
                path
            ),
            (ReadOnlyMemory<ConveyorRecord> e, ReadOnlyMemory<ConveyorRecord> a) => Difference(
                e.ToArray(),
                a.ToArray(),
                path
            ),
            (IActorRef e, IActorRef a) => Unless(e.Equals(a), e, a, path),
            (IReadOnlyDictionary<string, string> e, IReadOnlyDictionary<string, string> a) => OfDictionaries(
                e,
                a,
                path
            ),
            (IReadOnlyDictionary<string, long> e, IReadOnlyDictionary<string, long> a) => OfDictionaries(e, a, path),
            (IEnumerable e, IEnumerable a) => OfLists([.. e.Cast<object>()], [.. a.Cast<object>()], path),
            _ when Members.IsComposite(expected.GetType()) => OfMembers(expected, actual, path),
            _ => Unless(expected.Equals(actual), expected, actual, path),
        };

    static string? Unless(bool equal, object expected, object actual, string path) =>
        equal ? null : $"{path}: {expected} became {actual}";

    static string? OfDictionaries<T>(
        IReadOnlyDictionary<string, T> expected,
        IReadOnlyDictionary<string, T> actual,
        string path
    ) =>
        expected.Count != actual.Count
            ? $"{path}: {expected.Count} entries became {actual.Count}"
            : expected
                .Select(e => Difference(e.Value, actual.TryGetValue(e.Key, out var a) ? a : null, $"{path}['{e.Key}']"))
                .FirstOrDefault(d => d is not null);

    static string? OfLists(object[] expected, object[] actual, string path) =>
        expected.Length != actual.Length
            ? $"{path}: {expected.Length} elements became {actual.Length}"
            : expected.Select((e, i) => Difference(e, actual[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);

    static string? OfMembers(object expected, object actual, string path) =>
        expected.GetType() != actual.GetType()
            ? $"{path}: a {expected.GetType()} became a {actual.GetType()}"
            : expected
                .GetType()
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(p => Difference(p.GetValue(expected), p.GetValue(actual), $"{path}.{p.Name}"))
                .FirstOrDefault(d => d is not null);
}
