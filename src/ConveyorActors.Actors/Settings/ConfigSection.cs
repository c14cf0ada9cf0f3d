using System.Globalization;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace ConveyorActors.Actors.Settings;

/// <summary>
/// One block of the configuration and the blocks it falls back to, key by key. Akka's <see cref="Config"/> reports a
/// wrong value with a FormatException that names neither key nor range, and replaces a mistyped key with the default;
/// this class names the key and the range. Not thread safe.
/// </summary>
sealed class ConfigSection
{
    readonly List<(string Path, HoconObject Block)> layers;
    readonly SortedSet<string> known = new(StringComparer.Ordinal);
    readonly string path;
    readonly bool named;

    ConfigSection(string path, List<(string, HoconObject)> layers, bool named = false) =>
        (this.path, this.layers, this.named) = (path, layers, named);

    /// <summary>
    /// Returns the block <paramref name="key"/> of the given configurations. The first configuration that has a key
    /// takes precedence.
    /// </summary>
    public static ConfigSection Create(string key, params IEnumerable<Config> configs) =>
        new(
            key,
            [
                .. from config in configs
                where !config.IsEmpty
                let value = config.Root.GetChildObject(key)
                where value != null
                select (key, ToBlock(value, key)),
            ]
        );

    /// <summary>Returns the block at a key, with a fallback to the same block of each fallback section.</summary>
    public ConfigSection GetBlock(string key)
    {
        known.Add(key);
        return new(
            KeyNames.Join(path, key),
            [
                .. from layer in layers
                where layer.Block.Items.ContainsKey(key)
                let inner = KeyNames.Join(layer.Path, key)
                select (inner, ToBlock(layer.Block.Items[key], inner)),
            ]
        );
    }

    /// <summary>
    /// Returns the blocks at a key whose own keys are names. Each falls back to <paramref name="rest"/>.
    /// </summary>
    public IEnumerable<(string Name, ConfigSection Section)> GetNamedBlocks(string key, string what, ConfigSection rest)
    {
        var blocks = GetBlock(key);
        foreach (var name in blocks.layers.SelectMany(layer => layer.Block.Items.Keys).Distinct(StringComparer.Ordinal))
        {
            var own = blocks.GetBlock(name);
            try
            {
                Names.Validate(name, what);
            }
            catch (ArgumentException e)
            {
                throw new ConfigurationException($"{own.path}: {e.Message}", e);
            }
            yield return (name, new(own.path, [.. own.layers, .. rest.layers], named: true));
        }
    }

    /// <summary>Marks a key as known without reading it.</summary>
    public void MarkKnown(string key) => known.Add(key);

    /// <summary>Reads a whole number.</summary>
    public int GetInt(string key, int min, int max) =>
        Read(key, DescribeRange(min, max), (string text, out int value) => TryInt(text, min, max, out value));

    /// <summary>Reads a whole number; null: the value is the given word.</summary>
    public int? GetIntOr(string word, string key, int min, int max) =>
        Read(
            key,
            $"{word} or {DescribeRange(min, max)}",
            AcceptWord(word, (string text, out int value) => TryInt(text, min, max, out value))
        );

    /// <summary>Reads a number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="range">Describes the numbers that <paramref name="fits"/> accepts.</param>
    /// <param name="fits">Returns whether a number is in the range. Must return false for NaN.</param>
    public double GetNumber(string key, string range, Predicate<double> fits) =>
        Read(key, $"a number {range}", (string text, out double value) => TryNumber(text, out value) && fits(value));

    /// <summary>Reads a number; null: the value is the given word.</summary>
    public double? GetNumberOr(string word, string key, string range, Predicate<double> fits) =>
        Read(
            key,
            $"{word} or a number {range}",
            AcceptWord(word, (string text, out double value) => TryNumber(text, out value) && fits(value))
        );

    /// <summary>Reads a duration with a unit.</summary>
    public TimeSpan GetDuration(string key, DurationRange range) =>
        Read(key, range.Must, (string text, out TimeSpan value) => range.TryRead(text, out value));

    /// <summary>Reads a duration with a unit; null: the value is the given word.</summary>
    public TimeSpan? GetDurationOr(string word, string key, DurationRange range) =>
        Read(
            key,
            $"{word} or {range.Must}",
            AcceptWord(word, (string text, out TimeSpan value) => range.TryRead(text, out value))
        );

    /// <summary>
    /// Reads a size in bytes of at least <paramref name="least"/>; null: the value is the given word.
    /// </summary>
    public long? GetSizeOr(string word, string key, int least = 1) =>
        Read(
            key,
            $"{word} or a size of at least {least} byte{(least == 1 ? "" : "s")}, such as 64 MiB",
            AcceptWord(word, (string text, out long value) => HoconUnits.TrySize(text, out value) && value >= least)
        );

    /// <summary>Reads a size in bytes; null: the value is the given word.</summary>
    public long? GetSizeFromOr(string word, string key, long min, long max, string range) =>
        Read(
            key,
            $"{word} or a size {range}",
            AcceptWord(
                word,
                (string text, out long value) => HoconUnits.TrySize(text, out value) && value >= min && value <= max
            )
        );

    /// <summary>Reads a size in bytes.</summary>
    public long GetSize(string key, long min, long max, string range) =>
        Read(
            key,
            $"a size {range}",
            (string text, out long value) => HoconUnits.TrySize(text, out value) && value >= min && value <= max
        );

    /// <summary>Reads <c>on</c> or <c>off</c>.</summary>
    public bool GetSwitch(string key) =>
        Read(
            key,
            "on or off",
            (string text, out bool value) =>
            {
                value = text is "on" or "true" or "yes";
                return value || text is "off" or "false" or "no";
            }
        );

    /// <summary>Reads the name of an enumeration's value, in kebab case.</summary>
    public T GetEnum<T>(string key)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(KeyNames.ToKebabCase).ToArray();
        return Read(
            key,
            $"{string.Join(", ", names[..^1])} or {names[^1]}",
            (string text, out T value) =>
            {
                var at = Array.IndexOf(names, text);
                value = at < 0 ? default : Enum.GetValues<T>()[at];
                return at >= 0;
            }
        );
    }

    /// <summary>Reads a text that is not empty.</summary>
    public string GetText(string key, string must) =>
        Read(key, must, (string text, out string value) => (value = text).Length > 0);

    /// <summary>Returns the path at which a key's value is set.</summary>
    public string FindPath(string key) =>
        Find(key) is (var where, not null) ? KeyNames.Join(where, key) : KeyNames.Join(path, key);

    /// <summary>Throws if there is a key that was not read. Call this method after all reads.</summary>
    /// <exception cref="ConfigurationException">
    /// There is an unknown key; the message names it and the nearest known key.
    /// </exception>
    public void ThrowIfUnknownKeys()
    {
        foreach (var (where, block) in layers)
        foreach (var (key, value) in block.Items)
            if (!known.Contains(key))
                throw new ConfigurationException(
                    $"{KeyNames.Join(where, key)} is not a known key; the nearest one is {KeyNames.Join(where, KeyNames.FindNearest(key, known)!)}."
                        + (
                            named && value.IsObject()
                                ? " If it is part of a name with dots, the name must be quoted."
                                : ""
                        )
                );
    }

    delegate bool TryParse<T>(string text, out T value);

    T Read<T>(string key, string must, TryParse<T> parse)
    {
        known.Add(key);
        var (where, value) = Find(key);
        if (value is null)
            throw new ConfigurationException($"{KeyNames.Join(path, key)} is missing; it must be {must}.");
        return value.IsString() && value.GetString() is { } text && parse(text, out var read)
            ? read
            : throw new ConfigurationException($"{KeyNames.Join(where, key)} is {Describe(value)}; it must be {must}.");
    }

    (string Path, HoconValue? Value) Find(string key)
    {
        foreach (var (where, block) in layers)
            if (block.Items.TryGetValue(key, out var value))
                return (where, value);
        return (path, null);
    }

    static HoconObject ToBlock(HoconValue value, string path) =>
        value.IsObject() && !IsOptionalSubstitution(value)
            ? value.GetObject()
            : throw new ConfigurationException($"{path} is {Describe(value)}; it must be a block, {{ ... }}.");

    /// <summary>Returns the value as it is written, or a description of a value that is not a text.</summary>
    static string Describe(HoconValue value) =>
        value switch
        {
            _ when IsOptionalSubstitution(value) =>
                "an optional substitution, ${?...}, which Akka.NET's HOCON does not know",
            _ when value.IsObject() => "a block",
            _ when value.IsString() => value.GetString() is { } text ? $"'{text}'" : "null",
            { Values: [] } => "empty",
            _ => "a list",
        };

    /// <summary>
    /// Returns whether a value is an optional substitution. Akka.NET's HOCON reads <c>${?NAME}</c> as the whole
    /// configuration, followed by NAME.
    /// </summary>
    static bool IsOptionalSubstitution(HoconValue value) => value.Values is [HoconSubstitution { Path: "" }, ..];

    static TryParse<T?> AcceptWord<T>(string word, TryParse<T> parse)
        where T : struct =>
        (string text, out T? value) =>
        {
            value = null;
            if (text == word)
                return true;
            var parsed = parse(text, out var given);
            value = given;
            return parsed;
        };

    static bool TryInt(string text, int min, int max, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && value >= min
        && value <= max;

    static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    static string DescribeRange(int min, int max) =>
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min:N0} to {max:N0}");
}
