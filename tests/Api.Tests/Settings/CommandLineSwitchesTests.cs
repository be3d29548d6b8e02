using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Settings;

/// <summary>Arguments that would set nothing end the start.</summary>
public sealed class CommandLineSwitchesTests
{
    [Theory]
    [InlineData()]
    [InlineData("--urls", "http://*:80")]
    [InlineData("--Urls=http://*:80")]
    [InlineData("/urls", "http://*:80")]
    [InlineData("urls=http://*:80")]
    [InlineData("--models:folder", "/models", "--Onnx:ConcurrentRuns=2")]
    [InlineData("--Access:Keys:web:Hash=ab=")]
    [InlineData("--Kestrel:Endpoints:a:Url", "https://*:1")]
    [InlineData("--environment=Development", "--contentRoot=/x", "--applicationName=y", "--http_ports", "80")]
    [InlineData("--OTEL_EXPORTER_OTLP_ENDPOINT=http://x")]
    [InlineData("--Models:Folder", "--odd name")]
    [InlineData("--Serilog=", "--Serilog:MinimumLevel=", "--Serilog:MinimumLevel:Default=Fatal")]
    public void WhatSetsSomethingIsAccepted(params string[] args) => CommandLineSwitches.Check(args);

    [Theory]
    [InlineData("there is no setting 'port'; the address is set by --urls http://*:8080.", "--port", "80")]
    [InlineData("there is no setting 'Port'; the address is set by --urls http://*:8080.", "--Port=80")]
    [InlineData("there is no setting 'p'; the address is set by --urls http://*:8080.", "-p", "80")]
    [InlineData(
        "there is no setting 'models'; the folder of models is set by --Models:Folder DIR.", "--models", "/models")]
    [InlineData(
        "there is no setting 'Load'; Load is a section, whose settings are given as --Load:Name value.", "--Load=1")]
    [InlineData("there is no setting 'help'; docs/configuration.md lists all.", "--help")]
    [InlineData("there is no setting 'Modles:Folder'; docs/configuration.md lists all.", "--Modles:Folder=/x")]
    [InlineData(
        "the argument 'models' sets nothing; a setting is given as --Name value or --Name=value.", "models")]
    [InlineData(
        "the argument '-urls' sets nothing; a setting is given as --Name value or --Name=value.", "-urls", "http://x")]
    [InlineData("the argument '--' sets nothing; a setting is given as --Name value or --Name=value.", "--", "x")]
    [InlineData("the argument '--=x' sets nothing; a setting is given as --Name value or --Name=value.", "--=x")]
    [InlineData("the argument '=x' sets nothing; a setting is given as --Name value or --Name=value.", "=x")]
    [InlineData("the argument '/' sets nothing; a setting is given as --Name value or --Name=value.", "/")]
    [InlineData("the argument '' sets nothing; a setting is given as --Name value or --Name=value.", "")]
    [InlineData("--urls has no value; give it as --urls value.", "--Models:Folder", "/x", "--urls")]
    public void WhatSetsNothingIsRejectedWithWhatIsRight(string reason, params string[] args) =>
        Assert.Equal(reason, Assert.Throws<SettingException>(() => CommandLineSwitches.Check(args)).Message);
}
