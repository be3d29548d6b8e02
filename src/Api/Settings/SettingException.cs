namespace SoftmaxService.Api.Settings;

/// <summary>A setting that the service cannot start with; the message names it and says what would be right.</summary>
internal sealed class SettingException(string message) : Exception(message);
