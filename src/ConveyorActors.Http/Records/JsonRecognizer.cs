using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Recognizes valid JSON in less than half of the time of <see cref="System.Text.Json.Utf8JsonReader"/>, because it
/// reads no values. What it does not recognize may still be valid: the reader decides that and says what is wrong.
/// </summary>
/// <remarks>
/// A method that skips something takes the index of its first byte and returns the index after its last one, or
/// <see cref="NotFound"/>.
/// </remarks>
static class JsonRecognizer
{
    /// <summary>The maximum depth of nested arrays and objects, which is that of the reader.</summary>
    public const int MaxDepth = 64;

    const int NotFound = -1;

    /// <summary>
    /// Returns whether the bytes are certainly one JSON value in UTF-8. There may be blanks around the value.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> json)
    {
        var nesting = new Nesting();
        var isAscii = true;
        var at = SkipBlanks(json, 0);
        while ((uint)at < (uint)json.Length)
        {
            var first = json[at];
            if (first is (byte)'{' or (byte)'[')
            {
                if (nesting.Depth == MaxDepth)
                    return false;
                nesting.Open(first);
                at = SkipBlanks(json, at + 1);
                if (at < json.Length && json[at] != nesting.End)
                {
                    at = nesting.IsInObject ? SkipName(json, at, ref isAscii) : at;
                    continue;
                }
            }
            else
                at = SkipBlanks(json, SkipScalar(json, at, ref isAscii));
            while (nesting.Depth > 0 && (uint)at < (uint)json.Length && json[at] == nesting.End)
            {
                nesting.Close();
                at = SkipBlanks(json, at + 1);
            }
            if (nesting.Depth == 0)
                return at == json.Length && (isAscii || Utf8.IsValid(json));
            if ((uint)at >= (uint)json.Length || json[at] != ',')
                return false;
            at = SkipBlanks(json, at + 1);
            if (nesting.IsInObject)
                at = SkipName(json, at, ref isAscii);
        }
        return false;
    }

    /// <summary>The arrays and objects that are open.</summary>
    struct Nesting
    {
        ulong objects; // a bit for each, the innermost first: whether it is an object

        public int Depth { get; private set; }

        public readonly bool IsInObject => (objects & 1) != 0;

        /// <summary>Gets the byte that ends the innermost one.</summary>
        public readonly byte End => IsInObject ? (byte)'}' : (byte)']';

        public void Open(byte first)
        {
            Depth++;
            objects = objects << 1 | (first == '{' ? 1UL : 0);
        }

        public void Close()
        {
            Depth--;
            objects >>= 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int SkipBlanks(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>Skips a member's name, its colon and the blanks around them.</summary>
    static int SkipName(ReadOnlySpan<byte> json, int at, ref bool isAscii)
    {
        if (at >= json.Length || json[at] != '"')
            return NotFound;
        at = SkipBlanks(json, SkipText(json, at + 1, ref isAscii));
        return (uint)at < (uint)json.Length && json[at] == ':' ? SkipBlanks(json, at + 1) : NotFound;
    }

    static int SkipScalar(ReadOnlySpan<byte> json, int at, ref bool isAscii) =>
        json[at] switch
        {
            (byte)'"' => SkipText(json, at + 1, ref isAscii),
            (byte)'t' => SkipWord(json, at, "true"u8),
            (byte)'f' => SkipWord(json, at, "false"u8),
            (byte)'n' => SkipWord(json, at, "null"u8),
            _ => SkipNumber(json, at),
        };

    static int SkipWord(ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> word) =>
        json[at..].StartsWith(word) ? at + word.Length : NotFound;

    /// <summary>Skips a string from the byte after its first quote.</summary>
    static int SkipText(ReadOnlySpan<byte> json, int at, ref bool isAscii)
    {
        while (at != NotFound)
        {
            at = FindEnd(json, at, isAscii) + 1;
            if (at == 0)
                return NotFound;
            switch (json[at - 1])
            {
                case (byte)'"':
                    return at;
                case (byte)'\\':
                    at = SkipEscape(json, at);
                    break;
                case < 0x20:
                    return NotFound;
                default:
                    isAscii = false;
                    break;
            }
        }
        return NotFound;
    }

    /// <summary>
    /// Returns the index of the next byte that cannot be part of a string as it is, or that is not ASCII if only ASCII
    /// is skipped.
    /// </summary>
    static int FindEnd(ReadOnlySpan<byte> json, int at, bool skipsOnlyAscii)
    {
        for (; at + Vector256<byte>.Count <= json.Length; at += Vector256<byte>.Count)
        {
            var bytes = Vector256.Create(json.Slice(at, Vector256<byte>.Count));
            // Taken as signed numbers, bytes that are not ASCII are less than a blank.
            var others = skipsOnlyAscii
                ? Vector256.LessThan(bytes.AsSByte(), Vector256.Create((sbyte)' ')).AsByte()
                : Vector256.LessThan(bytes, Vector256.Create((byte)' '));
            var ends =
                others
                | Vector256.Equals(bytes, Vector256.Create((byte)'"'))
                | Vector256.Equals(bytes, Vector256.Create((byte)'\\'));
            if (ends.ExtractMostSignificantBits() is var bits and not 0)
                return at + BitOperations.TrailingZeroCount(bits);
        }
        for (; at < json.Length; at++)
            if (json[at] is < 0x20 or (byte)'"' or (byte)'\\' || skipsOnlyAscii && json[at] >= 0x80)
                return at;
        return NotFound;
    }

    /// <summary>Skips an escape from the byte after its backslash.</summary>
    static int SkipEscape(ReadOnlySpan<byte> json, int at)
    {
        const int Digits = 4;
        if (at >= json.Length)
            return NotFound;
        if (json[at] != 'u')
            return "\"\\/bfnrt"u8.Contains(json[at]) ? at + 1 : NotFound;
        at++;
        if (json.Length - at < Digits)
            return NotFound;
        foreach (var digit in json.Slice(at, Digits))
            if (!char.IsAsciiHexDigit((char)digit))
                return NotFound;
        return at + Digits;
    }

    static int SkipNumber(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] == '-')
            at++;
        at = Has(json, at, '0') ? at + 1 : SkipDigits(json, at);
        if (Has(json, at, '.'))
            at = SkipDigits(json, at + 1);
        if (!Has(json, at, 'e') && !Has(json, at, 'E'))
            return at;
        at++;
        return SkipDigits(json, Has(json, at, '+') || Has(json, at, '-') ? at + 1 : at);
    }

    static int SkipDigits(ReadOnlySpan<byte> json, int at)
    {
        var begin = at;
        while ((uint)at < (uint)json.Length && char.IsAsciiDigit((char)json[at]))
            at++;
        return at > begin ? at : NotFound;
    }

    static bool Has(ReadOnlySpan<byte> json, int at, char value) => (uint)at < (uint)json.Length && json[at] == value;
}
