using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Hosting.Options;

/// <summary>
/// Reads a section of a configuration into options. Unlike the usual binder, this one refuses unknown keys and empty
/// values, and reports the valid values for each wrong one.
/// </summary>
/// <param name="configuration">The configuration that has the sections.</param>
/// <param name="errors">Receives an error for each key that is unknown or whose value is not valid.</param>
sealed class OptionsBinder(IConfiguration configuration, BindingErrors errors)
{
    /// <summary>Sets the options that the section contains.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The options, or a dictionary of them by name.</param>
    public void Bind(IConfigurationSection section, object options)
    {
        // An environment variable can give a section of a file a value, too.
        if (section.Value is { } text)
            errors.Add(
                $"{section.Path} is {(text.Length == 0 ? "empty" : $"'{text}'")}; it must be a section with {(options is IDictionary ? "names as keys" : "its own keys")}, or be left out."
            );
        if (options is IDictionary)
            BindNamed(section, options);
        else
            BindProperties(section, options);
    }

    void BindNamed(IConfigurationSection section, object dictionary)
    {
        var type = dictionary.GetType().GetGenericArguments()[1];
        var named = (IDictionary)dictionary;
        foreach (var child in section.GetChildren())
        {
            var name = GetFirstSpelling(section, child.Key);
            var value = named[name] ?? Activator.CreateInstance(type)!;
            Bind(child, value);
            named[name] = value;
        }
    }

    /// <summary>
    /// Returns a name as the first source that has it spells it. Keys are not case sensitive, and the configuration
    /// returns the spelling of the last source, which may be an environment variable in capitals.
    /// </summary>
    string GetFirstSpelling(IConfigurationSection section, string name) =>
        (configuration as IConfigurationRoot)
            ?.Providers.SelectMany(source => source.GetChildKeys([], section.Path))
            .FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? name;

    void BindProperties(IConfigurationSection section, object options)
    {
        var properties = options
            .GetType()
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
                errors.Add(
                    $"{child.Path} is not known; {section.Path} has the keys {string.Join(", ", properties.Values.Select(p => p.Name).Order(StringComparer.Ordinal))}."
                );
            else if (!IsValue(property.PropertyType))
                Bind(child, property.GetValue(options)!);
            else if (child.GetChildren().Any())
                errors.Add($"{child.Path} is a section; it must be {DescribeExpected(property)}.");
            else
                BindValue(child, property, options);
        }
    }

    void BindValue(IConfigurationSection child, PropertyInfo property, object options)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        // A value that is null, as JSON can write it, is left out.
        if (child.Value is not { } text)
            return;
        // The validator knows what each text is for, and refuses an empty one.
        if (type == typeof(string))
            property.SetValue(options, text);
        else if (text.Length == 0)
            errors.Add($"{child.Path} is empty; it must be {DescribeExpected(property)}, or be left out.");
        else if (Read(text, type, CanBeInfinite(property)) is { } value)
            property.SetValue(options, value);
        else if (FindNearest(text, type) is { } nearest)
        {
            property.SetValue(options, nearest);
            errors.AddOverflow(child.Path, text, nearest);
        }
        else
            errors.Add($"{child.Path} is '{text}'; it must be {DescribeExpected(property)}.");
    }

    static bool IsValue(Type type) => type == typeof(string) || type.IsValueType;

    static bool CanBeInfinite(PropertyInfo property) => property.IsDefined(typeof(CanBeInfiniteAttribute));

    static object? Read(string text, Type type, bool canBeInfinite)
    {
        var culture = CultureInfo.InvariantCulture;
        if (type == typeof(bool))
            return bool.TryParse(text, out var parsed) ? parsed : null;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null;
        if (type == typeof(double))
            return double.TryParse(text, NumberStyles.Float, culture, out var number) && double.IsFinite(number)
                ? number
                : null;
        if (type == typeof(TimeSpan))
            return ReadTime(text, canBeInfinite);
        if (type.IsEnum)
            return
                Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
                    is { } name
                ? Enum.Parse(type, name)
                : null;
        return null;
    }

    static TimeSpan? ReadTime(string text, bool canBeInfinite)
    {
        if (text.Equals("infinite", StringComparison.OrdinalIgnoreCase))
            return canBeInfinite ? Timeout.InfiniteTimeSpan : null;
        if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time))
            return null;
        // .NET reads a bare number as days, and 24:00:00 as 24 days, which are hardly ever meant.
        var colons = text.AsSpan().Count(':');
        var startsWithDays =
            text.AsSpan().IndexOf('.') is >= 0 and var dot && dot < text.IndexOf(':', StringComparison.Ordinal);
        return colons > 0 && (time.Days == 0 || colons == 3 || startsWithDays) ? time : null;
    }

    /// <summary>Returns the number of the type that is nearest to a whole number beyond its ends; null: no number.</summary>
    static object? FindNearest(string text, Type type)
    {
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return null;
        if (type == typeof(int))
            return number < 0 ? int.MinValue : int.MaxValue;
        if (type == typeof(long))
            return number < 0 ? long.MinValue : long.MaxValue;
        return null;
    }

    static string DescribeExpected(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(int) || type == typeof(long))
            return "a whole number";
        if (type == typeof(double))
            return "a number";
        if (type == typeof(TimeSpan))
            return $"a time such as 00:00:30 or 1.00:00:00 (one day){(CanBeInfinite(property) ? ", or infinite" : "")}";
        if (type.IsEnum)
            return string.Join(", ", Enum.GetNames(type)[..^1]) + " or " + Enum.GetNames(type)[^1];
        return "a text";
    }
}
