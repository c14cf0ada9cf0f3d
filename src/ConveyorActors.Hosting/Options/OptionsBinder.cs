using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Hosting.Options;

/// <summary>
/// Reads a section of a configuration into options. Unlike the usual binder, this one refuses unknown keys, and reports
/// the valid values for each wrong one.
/// </summary>
static class OptionsBinder
{
    /// <summary>Sets the options that the section contains.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The options, or a dictionary of them by name.</param>
    /// <param name="errors">Receives a sentence for each key that is unknown or whose value is not valid.</param>
    public static void Bind(IConfigurationSection section, object options, List<string> errors)
    {
        if (options is IDictionary)
            BindNamed(section, options, errors);
        else
            BindProperties(section, options, errors);
    }

    static void BindNamed(IConfigurationSection section, object dictionary, List<string> errors)
    {
        var type = dictionary.GetType().GetGenericArguments()[1];
        var named = (IDictionary)dictionary;
        foreach (var child in section.GetChildren())
        {
            var value = named[child.Key] ?? Activator.CreateInstance(type)!;
            Bind(child, value, errors);
            named[child.Key] = value;
        }
    }

    static void BindProperties(IConfigurationSection section, object options, List<string> errors)
    {
        if (!section.GetChildren().Any() && !string.IsNullOrEmpty(section.Value))
        {
            errors.Add($"{section.Path} is '{section.Value}'; it must be a section with its own keys.");
            return;
        }
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
                Bind(child, property.GetValue(options)!, errors);
            else if (child.GetChildren().Any())
                errors.Add($"{child.Path} is a section; it must be {DescribeExpected(property.PropertyType)}.");
            else if (TryRead(child.Value, property.PropertyType, out var value))
                property.SetValue(options, value);
            else
                errors.Add($"{child.Path} is '{child.Value}'; it must be {DescribeExpected(property.PropertyType)}.");
        }
    }

    static bool IsValue(Type type) => type == typeof(string) || type.IsValueType;

    static bool TryRead(string? text, Type type, out object? value)
    {
        var isNullable = Nullable.GetUnderlyingType(type) is not null || type == typeof(string);
        type = Nullable.GetUnderlyingType(type) ?? type;
        value = null;
        if (string.IsNullOrEmpty(text))
            return isNullable;
        var culture = CultureInfo.InvariantCulture;
        if (type == typeof(string))
            value = text;
        else if (type == typeof(bool))
            value = bool.TryParse(text, out var parsed) ? parsed : null;
        else if (type == typeof(int))
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null;
        else if (type == typeof(long))
            value = long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null;
        else if (type == typeof(double))
            value =
                double.TryParse(text, NumberStyles.Float, culture, out var number) && double.IsFinite(number)
                    ? number
                    : null;
        else if (type == typeof(TimeSpan))
            value =
                text.Equals("infinite", StringComparison.OrdinalIgnoreCase) ? Timeout.InfiniteTimeSpan
                // .NET reads a bare number as days, which is hardly ever meant.
                : text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, culture, out var time) ? time
                : null;
        else if (type.IsEnum)
            value = Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
                is { } name
                ? Enum.Parse(type, name)
                : null;
        return value is not null;
    }

    static string DescribeExpected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(int))
            return "a whole number";
        if (type == typeof(long))
            return "a whole number";
        if (type == typeof(double))
            return "a number";
        if (type == typeof(TimeSpan))
            return "a time such as 00:00:30 or 1.00:00:00 (one day), or infinite";
        if (type.IsEnum)
            return string.Join(", ", Enum.GetNames(type)[..^1]) + " or " + Enum.GetNames(type)[^1];
        return "a text";
    }
}
